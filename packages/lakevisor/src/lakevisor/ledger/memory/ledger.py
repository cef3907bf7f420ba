"""The seven stores of the ledger over rows in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from lakevisor.ledger.memory.audit import MemoryAudit
from lakevisor.ledger.memory.operations import MemoryOperations
from lakevisor.ledger.memory.proposals import MemoryProposals
from lakevisor.ledger.memory.responses import MemoryResponses
from lakevisor.ledger.memory.rows import Rows
from lakevisor.ledger.memory.slots import MemorySlots
from lakevisor.ledger.memory.threads import MemoryThreads
from lakevisor.ledger.memory.turns import MemoryTurns
from lakevisor.ledger.values import LedgerCounts


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryLedger:
    """A ledger that is gone when its process ends; see `lakevisor.ledger.port.Ledger`."""

    def __init__(self, *, clock: Callable[[], datetime] = _utc_now) -> None:
        """Begin empty.

        Args:
            clock: returns the time, with its zone.
        """
        self._rows = Rows(clock=clock)
        self.threads = MemoryThreads(self._rows)
        self.turns = MemoryTurns(self._rows)
        self.operations = MemoryOperations(self._rows)
        self.proposals = MemoryProposals(self._rows)
        self.responses = MemoryResponses(self._rows)
        self.slots = MemorySlots(self._rows)
        self.audit = MemoryAudit(self._rows)

    @asynccontextmanager
    async def sweeping(self) -> AsyncIterator[bool]:
        """Say that nobody else sweeps: there is one process."""
        yield True

    async def counts(self) -> LedgerCounts:
        """Return how much the ledger holds."""
        operations = self._rows.operations.values()
        return LedgerCounts(
            threads=len(self._rows.threads),
            turns=len(self._rows.turns),
            operations=len(operations),
            open_operations=sum(each.is_open for each in operations),
            unresolved=sum(each.is_open and each.run_id is None for each in operations),
            audit=len(self._rows.audit),
        )
