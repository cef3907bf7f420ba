"""The turns of the ledger in memory."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import JsonValue

from lakevisor.errors import LeaseLost, ThreadBusy, TurnConflict, TurnRunning
from lakevisor.ledger.memory.rows import Rows, ThreadRow, TurnRow
from lakevisor.ledger.values import Lease, StoredAnswer, TurnStart


class MemoryTurns:
    """Which turn works on which thread; see `lakevisor.ledger.port.Turns`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def begin(self, start: TurnStart) -> StoredAnswer | Lease:
        """Take the thread for a turn, or return what the turn answered before."""
        new = ThreadRow(thread_id=start.thread_id, owner=start.owner, created_at=self._rows.now())
        thread = self._rows.threads.setdefault(start.thread_key, new)
        turn = self._rows.turns.get((start.thread_key, start.turn_id))
        if turn and turn.body_digest != start.body_digest:
            raise TurnConflict(start.turn_id)
        if turn and turn.finished_at:
            return StoredAnswer(answer=copy.deepcopy(turn.answer), finished_at=turn.finished_at)
        if thread.is_held(self._rows.now()):
            _require_same_attempt(thread, start)
        return self._take(thread, start, turn)

    def _take(self, thread: ThreadRow, start: TurnStart, known: TurnRow | None) -> Lease:
        thread.fence += 1
        thread.is_forgotten = False
        thread.turn_id, thread.holder = start.turn_id, start.holder
        thread.lease_until = self._rows.now() + timedelta(seconds=start.lease_seconds)
        turn = TurnRow(
            body_digest=start.body_digest,
            fence=thread.fence,
            begun_at=known.begun_at if known else self._rows.now(),
        )
        self._rows.turns[start.thread_key, start.turn_id] = turn
        return Lease(
            owner=start.owner,
            thread_key=start.thread_key,
            thread_id=start.thread_id,
            turn_id=start.turn_id,
            fence=thread.fence,
            holder=start.holder,
            seconds=start.lease_seconds,
            is_resumed=known is not None,
            begun_at=turn.begun_at,
        )

    async def extend(self, lease: Lease) -> None:
        """Let the lease last for its time from now on."""
        thread = self._rows.held_thread(lease)
        thread.lease_until = self._rows.now() + timedelta(seconds=lease.seconds)

    async def finish(self, lease: Lease, answer: JsonValue, *, told: Sequence[str] = ()) -> None:
        """Store the answer, mark what it tells as told, and end the lease."""
        turn = self._rows.turns.get((lease.thread_key, lease.turn_id))
        if turn and turn.finished_at and turn.fence == lease.fence:
            return
        thread = self._rows.held_thread(lease)
        if turn is None:
            raise LeaseLost(lease.turn_id)
        turn.answer, turn.finished_at = copy.deepcopy(answer), self._rows.now()
        thread.end_lease()
        for token in told:
            self._tell(lease, token)

    def _tell(self, lease: Lease, token: str) -> None:
        operation = self._rows.operations.get(token)
        if operation is None or operation.owner != lease.owner:
            return
        if operation.ended_at and operation.told_at is None:
            self._rows.operations[token] = replace(operation, told_at=self._rows.now())

    async def release(self, lease: Lease) -> None:
        """End the lease of a turn that failed."""
        thread = self._rows.threads.get(lease.thread_key)
        if thread and thread.fence == lease.fence:
            thread.end_lease()

    async def answer(self, thread_key: str, turn_id: str) -> StoredAnswer | None:
        """Return what a turn has answered."""
        turn = self._rows.turns.get((thread_key, turn_id))
        if turn is None or turn.finished_at is None:
            return None
        return StoredAnswer(answer=copy.deepcopy(turn.answer), finished_at=turn.finished_at)

    async def forget_answers(self, older_than: timedelta) -> int:
        """Delete finished turns, and return how many."""
        limit = self._rows.ago(older_than)
        turns = self._rows.turns
        gone = [key for key, each in turns.items() if each.finished_at and each.finished_at < limit]
        for key in gone:
            del turns[key]
        return len(gone)


def _require_same_attempt(thread: ThreadRow, start: TurnStart) -> None:
    """Refuse whoever does not hold the thread already."""
    if thread.turn_id != start.turn_id:
        raise ThreadBusy(start.thread_id)
    if thread.holder != start.holder:
        raise TurnRunning(start.turn_id)
