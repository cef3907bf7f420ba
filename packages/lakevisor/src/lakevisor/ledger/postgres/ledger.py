"""The seven stores of the ledger over one schema in PostgreSQL."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

from psycopg_pool import AsyncConnectionPool

from lakevisor.ledger.postgres.audit import PostgresAudit
from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.operations import PostgresOperations
from lakevisor.ledger.postgres.proposals import PostgresProposals
from lakevisor.ledger.postgres.responses import PostgresResponses
from lakevisor.ledger.postgres.slots import PostgresSlots
from lakevisor.ledger.postgres.threads import PostgresThreads
from lakevisor.ledger.postgres.turns import PostgresTurns
from lakevisor.ledger.values import LedgerCounts


class PostgresLedger:
    """The ledger that outlives its processes; see `lakevisor.ledger.port.Ledger`."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], *, schema: str, address: str, role: str
    ) -> None:
        """Use a pool that somebody else opens and closes.

        Args:
            pool: of connections with autocommit.
            schema: where the tables are; see `lakevisor.ledger.migrating`.
            address: the configured Lakebase, for messages.
            role: the identity that logs in, for messages.
        """
        self._database = Database(pool, schema=schema, address=address, role=role)
        self.threads = PostgresThreads(self._database)
        self.turns = PostgresTurns(self._database)
        self.operations = PostgresOperations(self._database)
        self.proposals = PostgresProposals(self._database)
        self.responses = PostgresResponses(self._database)
        self.slots = PostgresSlots(self._database)
        self.audit = PostgresAudit(self._database)

    def sweeping(self) -> AbstractAsyncContextManager[bool]:
        """Say whether nobody else sweeps, and keep it so while the block runs."""
        return self._database.lock("try_sweep_lock", "end_sweep_lock")

    async def counts(self) -> LedgerCounts:
        """Return how much the ledger holds."""
        [[row]] = await self._database.run("count_everything", parameters={})
        return LedgerCounts(**row)
