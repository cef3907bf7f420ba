"""The responses of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from psycopg.types.json import Json

from lakevisor.errors import LeaseLost, TooManyInBackground, TurnConflict
from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import owner_parameters, response_of
from lakevisor.ledger.responses import (
    NOTHING_NEW,
    ResponseRecord,
    ResponseStart,
    TellableEvent,
    Written,
)


class PostgresResponses:
    """What is worked on in the background; see `lakevisor.ledger.responses.Responses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(
        self, start: ResponseStart, events: Sequence[TellableEvent], *, most_open: int
    ) -> ResponseRecord:
        """Write a request down, or return what is known under its id."""
        parameters = {
            **vars(start),
            **owner_parameters(start.owner),
            **_event_parameters(events),
            "request": Json(start.request),
            "most_open": most_open,
        }
        names = ("add_owner", "lock_owner", "add_thread", "accept_response", "get_response")
        *_, [verdict], found = await self._database.run(*names, parameters=parameters)
        if verdict["is_conflict"]:
            raise TurnConflict(start.turn_id)
        if not found:
            raise TooManyInBackground(allowed=most_open)
        return response_of(found[0])

    async def get(self, thread_key: str, turn_id: str) -> ResponseRecord | None:
        """Return a response."""
        return await self._one("get_response", _key(thread_key, turn_id))

    async def waiting(
        self, workspace_id: str, *, owner: str | None = None, limit: int = 50
    ) -> Sequence[ResponseRecord]:
        """Return what nobody works on and anybody can, the oldest first."""
        parameters = {"workspace_id": workspace_id, "owner": owner, "limit": limit}
        [rows] = await self._database.run("waiting_responses", parameters=parameters)
        return [response_of(row) for row in rows]

    async def take(self, record: ResponseRecord, *, seconds: float) -> ResponseRecord | None:
        """Hold a response, or return None."""
        parameters = {**_key(record.thread_key, record.turn_id), "seconds": seconds}
        return await self._one("take_response", parameters)

    async def write(
        self,
        taken: ResponseRecord,
        events: Sequence[TellableEvent],
        *,
        seconds: float,
        written: Written = NOTHING_NEW,
    ) -> ResponseRecord:
        """Add events, and hold the response for its time from now on."""
        parameters = {
            **_key(taken.thread_key, taken.turn_id),
            **_event_parameters(events),
            "fence": taken.fence,
            "seconds": seconds,
            "status": written.status,
            "begun": int(written.is_begun),
            "is_end": written.is_end,
        }
        record = await self._one("write_response", parameters)
        if record is None:
            raise LeaseLost(taken.turn_id)
        return record

    async def release(self, taken: ResponseRecord) -> None:
        """Let others take it."""
        parameters = {**_key(taken.thread_key, taken.turn_id), "fence": taken.fence}
        await self._database.run("release_response", parameters=parameters)

    async def request_cancel(self, thread_key: str, turn_id: str) -> ResponseRecord | None:
        """Ask for the end of a response, and return it."""
        names = ("cancel_response", "get_response")
        _, rows = await self._database.run(*names, parameters=_key(thread_key, turn_id))
        return response_of(rows[0]) if rows else None

    async def events(
        self, thread_key: str, turn_id: str, *, after: int = -1, limit: int = 500
    ) -> Sequence[TellableEvent]:
        """Return the events behind a place, in their order."""
        parameters = {**_key(thread_key, turn_id), "after": after, "limit": limit}
        [rows] = await self._database.run("response_events", parameters=parameters)
        return [row["event"] for row in rows]

    async def last_event(self, thread_key: str, turn_id: str) -> TellableEvent | None:
        """Return the last event so far."""
        parameters = _key(thread_key, turn_id)
        [rows] = await self._database.run("last_response_event", parameters=parameters)
        return rows[0]["event"] if rows else None

    async def forget(self, older_than: timedelta) -> int:
        """Delete what ended, or was never taken up, so long ago."""
        parameters = {"older_than": older_than}
        [[row]] = await self._database.run("forget_responses", parameters=parameters)
        return int(row["forgotten"])

    async def _one(self, name: str, parameters: Mapping[str, Any]) -> ResponseRecord | None:
        [rows] = await self._database.run(name, parameters=parameters)
        return response_of(rows[0]) if rows else None


def _key(thread_key: str, turn_id: str) -> dict[str, Any]:
    return {"thread_key": thread_key, "turn_id": turn_id}


def _event_parameters(events: Sequence[TellableEvent]) -> dict[str, Any]:
    return {
        "numbers": [each["sequence_number"] for each in events],
        "events": [Json(each) for each in events],
    }
