"""The audit of the ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.ledger.memory.rows import Rows
from lakevisor.ledger.values import AuditEntry, AuditRecord, OwnerKey


class MemoryAudit:
    """Who did what; see `lakevisor.ledger.port.AuditTrail`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def append(self, entry: AuditEntry) -> None:
        """Write an entry."""
        self._rows.write_audit(entry)

    async def of(self, owner: OwnerKey, *, limit: int = 100) -> Sequence[AuditRecord]:
        """Return what this owner did, the latest first."""
        return [each for each in reversed(self._rows.audit) if each.entry.owner == owner][:limit]
