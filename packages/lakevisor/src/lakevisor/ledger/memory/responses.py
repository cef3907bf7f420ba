"""The responses of the ledger in memory."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from lakevisor.errors import LeaseLost, TooManyInBackground, TurnConflict
from lakevisor.ledger.memory.rows import ResponseRow, Rows, ThreadRow
from lakevisor.ledger.responses import (
    NOTHING_NEW,
    ResponseRecord,
    ResponseStart,
    TellableEvent,
    Written,
)


class MemoryResponses:
    """What is worked on in the background; see `lakevisor.ledger.responses.Responses`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def accept(
        self, start: ResponseStart, events: Sequence[TellableEvent], *, most_open: int
    ) -> ResponseRecord:
        """Write a request down, or return what is known under its id."""
        now = self._rows.now()
        new = ThreadRow(thread_id=start.thread_id, owner=start.owner, created_at=now)
        self._rows.threads.setdefault(start.thread_key, new)
        key = (start.thread_key, start.turn_id)
        turn, row = self._rows.turns.get(key), self._rows.responses.get(key)
        for known in (turn, row):
            if known is not None and known.body_digest != start.body_digest:
                raise TurnConflict(start.turn_id)
        if row is None:
            self._require_room(start, most_open)
            record = _accepted(start, self._rows)
            row = ResponseRow(body_digest=start.body_digest, record=record)
            self._rows.responses[key] = row
            row.add(events)
        return self._shown(row)

    def _require_room(self, start: ResponseStart, most_open: int) -> None:
        rows = self._rows.responses.values()
        mine = [each for each in rows if each.record.owner == start.owner]
        if sum(each.record.ended_at is None for each in mine) >= most_open:
            raise TooManyInBackground(allowed=most_open)

    async def get(self, thread_key: str, turn_id: str) -> ResponseRecord | None:
        """Return a response."""
        row = self._rows.responses.get((thread_key, turn_id))
        return None if row is None else self._shown(row)

    async def waiting(
        self, workspace_id: str, *, owner: str | None = None, limit: int = 50
    ) -> Sequence[ResponseRecord]:
        """Return what nobody works on and anybody can, the oldest first."""
        found = [
            row.record
            for row in self._rows.responses.values()
            if row.record.owner.workspace_id == workspace_id
            and owner in (None, row.record.owner.owner)
            and self._can_be_taken(row)
            and (not row.record.needs_owner or row.record.cancel_requested_at is not None)
        ]
        return sorted(found, key=_place)[:limit]

    async def take(self, record: ResponseRecord, *, seconds: float) -> ResponseRecord | None:
        """Hold a response, or return None."""
        row = self._rows.responses.get((record.thread_key, record.turn_id))
        if row is None or not self._can_be_taken(row):
            return None
        row.record = replace(row.record, fence=row.record.fence + 1)
        row.held_until = self._rows.now() + timedelta(seconds=seconds)
        return self._shown(row)

    async def write(
        self,
        taken: ResponseRecord,
        events: Sequence[TellableEvent],
        *,
        seconds: float,
        written: Written = NOTHING_NEW,
    ) -> ResponseRecord:
        """Add events, and hold the response for its time from now on."""
        row = self._rows.responses.get((taken.thread_key, taken.turn_id))
        if row is None or row.record.fence != taken.fence or row.record.ended_at is not None:
            raise LeaseLost(taken.turn_id)
        row.add(events)
        row.held_until = self._rows.now() + timedelta(seconds=seconds)
        row.record = replace(
            row.record,
            status=written.status or row.record.status,
            attempts=row.record.attempts + written.is_begun,
            ended_at=self._rows.now() if written.is_end else None,
            request=None if written.is_end else row.record.request,
        )
        return replace(row.record, is_held=True)

    async def release(self, taken: ResponseRecord) -> None:
        """Let others take it."""
        row = self._rows.responses.get((taken.thread_key, taken.turn_id))
        if row is not None and row.record.fence == taken.fence:
            row.record = replace(row.record, fence=taken.fence + 1)
            row.held_until = None

    async def request_cancel(self, thread_key: str, turn_id: str) -> ResponseRecord | None:
        """Ask for the end of a response, and return it."""
        row = self._rows.responses.get((thread_key, turn_id))
        if row is not None and row.record.ended_at is None:
            asked_at = row.record.cancel_requested_at or self._rows.now()
            row.record = replace(row.record, cancel_requested_at=asked_at)
        return None if row is None else self._shown(row)

    async def events(
        self, thread_key: str, turn_id: str, *, after: int = -1, limit: int = 500
    ) -> Sequence[TellableEvent]:
        """Return the events behind a place, in their order."""
        row = self._rows.responses.get((thread_key, turn_id))
        told = sorted(row.events.items()) if row else []
        return [copy.deepcopy(event) for number, event in told if number > after][:limit]

    async def last_event(self, thread_key: str, turn_id: str) -> TellableEvent | None:
        """Return the last event so far."""
        told = await self.events(thread_key, turn_id, limit=1_000_000)
        return told[-1] if told else None

    async def forget(self, older_than: timedelta) -> int:
        """Delete what ended, or was never taken up, so long ago."""
        limit = self._rows.ago(older_than)
        gone = [
            key
            for key, row in self._rows.responses.items()
            if row.record.accepted_at < limit
            and (
                row.record.ended_at < limit
                if row.record.ended_at is not None
                else not row.is_held(self._rows.now())
            )
        ]
        for key in gone:
            del self._rows.responses[key]
        return len(gone)

    def _can_be_taken(self, row: ResponseRow) -> bool:
        if row.record.ended_at is not None or row.is_held(self._rows.now()):
            return False
        others = (each.record for each in self._rows.responses.values())
        return row.record.cancel_requested_at is not None or not any(
            each.thread_key == row.record.thread_key
            and each.ended_at is None
            and _place(each) < _place(row.record)
            for each in others
        )

    def _shown(self, row: ResponseRow) -> ResponseRecord:
        return replace(row.record, is_held=row.is_held(self._rows.now()))


def _place(record: ResponseRecord) -> tuple[object, str]:
    return record.accepted_at, record.turn_id


def _accepted(start: ResponseStart, rows: Rows) -> ResponseRecord:
    return ResponseRecord(
        owner=start.owner,
        thread_key=start.thread_key,
        thread_id=start.thread_id,
        turn_id=start.turn_id,
        request=copy.deepcopy(start.request),
        needs_owner=start.needs_owner,
        status="queued",
        attempts=0,
        fence=0,
        accepted_at=rows.now(),
        cancel_requested_at=None,
        ended_at=None,
        is_held=False,
    )
