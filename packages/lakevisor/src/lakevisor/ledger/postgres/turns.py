"""The turns of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.types.json import Json
from pydantic import JsonValue

from lakevisor.errors import LeaseLost, ThreadBusy, TurnConflict, TurnRunning
from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import lease_parameters, owner_parameters
from lakevisor.ledger.values import Lease, StoredAnswer, TurnStart


class PostgresTurns:
    """Which turn works on which thread; see `lakevisor.ledger.port.Turns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, start: TurnStart) -> StoredAnswer | Lease:
        """Take the thread for a turn, or return what the turn answered before."""
        parameters = {
            **owner_parameters(start.owner),
            "thread_key": start.thread_key,
            "thread_id": start.thread_id,
            "turn_id": start.turn_id,
            "body_digest": start.body_digest,
            "holder": start.holder,
            "seconds": start.lease_seconds,
        }
        names = ("add_thread", "lock_thread", "begin_turn")
        *_, [row] = await self._database.run(*names, parameters=parameters)
        match row["verdict"]:
            case "conflict":
                raise TurnConflict(start.turn_id)
            case "answered":
                return StoredAnswer(answer=row["answer"], finished_at=row["finished_at"])
            case "busy":
                raise ThreadBusy(start.thread_id)
            case "running":
                raise TurnRunning(start.turn_id)
        known = {name: row[name] for name in ("fence", "is_resumed", "begun_at")}
        return _lease(start, **known)

    async def extend(self, lease: Lease) -> None:
        """Let the lease last for its time from now on."""
        [rows] = await self._database.run("extend_lease", parameters=lease_parameters(lease))
        if not rows:
            raise LeaseLost(lease.turn_id)

    async def finish(self, lease: Lease, answer: JsonValue, *, told: Sequence[str] = ()) -> None:
        """Store the answer, mark what it tells as told, and end the lease."""
        parameters = {**lease_parameters(lease), "answer": Json(answer), "told": list(told)}
        names = ("finish_turn", "turn_finished_by")
        *_, rows = await self._database.run(*names, parameters=parameters)
        if not rows:
            raise LeaseLost(lease.turn_id)

    async def release(self, lease: Lease) -> None:
        """End the lease of a turn that failed."""
        await self._database.run("release_lease", parameters=lease_parameters(lease))

    async def answer(self, thread_key: str, turn_id: str) -> StoredAnswer | None:
        """Return what a turn has answered."""
        parameters = {"thread_key": thread_key, "turn_id": turn_id}
        [rows] = await self._database.run("stored_answer", parameters=parameters)
        return StoredAnswer(**rows[0]) if rows else None

    async def forget_answers(self, older_than: timedelta) -> int:
        """Delete finished turns, and return how many."""
        parameters = {"older_than": older_than}
        [[row]] = await self._database.run("forget_answers", parameters=parameters)
        return int(row["forgotten"])


def _lease(start: TurnStart, *, fence: int, is_resumed: bool, begun_at: datetime) -> Lease:
    return Lease(
        owner=start.owner,
        thread_key=start.thread_key,
        thread_id=start.thread_id,
        turn_id=start.turn_id,
        fence=fence,
        holder=start.holder,
        seconds=start.lease_seconds,
        is_resumed=is_resumed,
        begun_at=begun_at,
    )
