"""The threads of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import lease_parameters, owner_parameters
from lakevisor.ledger.values import Lease, OwnerKey, ThreadRecord


class PostgresThreads:
    """The conversations of people; see `lakevisor.ledger.port.Threads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, owner: OwnerKey, *, thread_key: str | None = None, limit: int = 50
    ) -> Sequence[ThreadRecord]:
        """Return the threads of this owner, the one with the latest turn first."""
        parameters = {**owner_parameters(owner), "thread_key": thread_key, "limit": limit}
        [rows] = await self._database.run("list_threads", parameters=parameters)
        return [ThreadRecord(**row) for row in rows]

    async def forget(self, lease: Lease) -> None:
        """Delete what was said in the thread of a lease, and end the lease."""
        names = ("require_fence", "forget_thread")
        await self._database.run(*names, parameters=lease_parameters(lease))
