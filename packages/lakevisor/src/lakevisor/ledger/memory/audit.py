"""The audit of the ledger in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

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
        return self._latest(lambda each: each == owner, limit)

    async def of_everybody(self, workspace_id: str, *, limit: int = 100) -> Sequence[AuditRecord]:
        """Return what was done in a workspace, the latest first."""
        return self._latest(lambda each: each.workspace_id == workspace_id, limit)

    def _latest(self, wanted: Callable[[OwnerKey], bool], limit: int) -> Sequence[AuditRecord]:
        found = [each for each in reversed(self._rows.audit) if wanted(each.entry.owner)][:limit]
        return [replace(each, thread_id=self._thread_id(each)) for each in found]

    def _thread_id(self, record: AuditRecord) -> str | None:
        thread = self._rows.threads.get(record.entry.origin.thread_key or "")
        return thread.thread_id if thread else None
