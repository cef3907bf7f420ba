"""The threads of the ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence

from lakevisor.ledger.memory.rows import Rows
from lakevisor.ledger.values import Lease, OwnerKey, ThreadRecord


class MemoryThreads:
    """The conversations of people; see `lakevisor.ledger.port.Threads`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def list(
        self, owner: OwnerKey, *, thread_key: str | None = None, limit: int = 50
    ) -> Sequence[ThreadRecord]:
        """Return the threads of this owner, the one with the latest turn first."""
        found = [
            self._record(key)
            for key, row in self._rows.threads.items()
            if row.owner == owner and not row.is_forgotten and thread_key in (None, key)
        ]
        found.sort(key=lambda each: each.thread_id)
        found.sort(key=lambda each: each.last_turn_at, reverse=True)
        return found[:limit]

    def _record(self, thread_key: str) -> ThreadRecord:
        row = self._rows.threads[thread_key]
        begun = [each.begun_at for (key, _), each in self._rows.turns.items() if key == thread_key]
        return ThreadRecord(
            thread_id=row.thread_id,
            created_at=row.created_at,
            last_turn_at=max(begun, default=row.created_at),
            is_busy=row.is_held(self._rows.now()),
        )

    async def forget(self, lease: Lease) -> None:
        """Delete what was said in the thread of a lease, and end the lease."""
        row = self._rows.held_thread(lease)
        row.end_lease()
        row.is_forgotten = True
        rows = self._rows
        rows.turns = {key: turn for key, turn in rows.turns.items() if key[0] != lease.thread_key}
        rows.responses = {
            key: each for key, each in rows.responses.items() if key[0] != lease.thread_key
        }
        rows.proposals = {
            key: each for key, each in rows.proposals.items() if each.thread_key != lease.thread_key
        }
