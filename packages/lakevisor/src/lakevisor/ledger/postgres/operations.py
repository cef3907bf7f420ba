"""The operations of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from psycopg.types.json import Json, Jsonb
from pydantic import JsonValue

from lakevisor.errors import LimitReached
from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import (
    lease_parameters,
    operation_of,
    origin_parameters,
    owner_parameters,
)
from lakevisor.ledger.values import (
    Intent,
    LaunchLimits,
    Lease,
    OperationRecord,
    Origin,
    OwnerKey,
)
from lakevisor_plugin import Started

INTEND = (
    "add_owner",
    "lock_owner",
    "add_job",
    "lock_job",
    "require_fence",
    "intend_operation",
    "operation_of_token",
)
REPAIR = (
    "add_owner",
    "lock_owner",
    "add_job",
    "lock_job",
    "operation_repaired",
    "operation_of_token",
)
ADOPT = (*INTEND[:-1], "operation_launched", "operation_of_token")
CLAIM = ("add_owner", "lock_owner", "require_fence", "end_dead_claims", "claim_untold")


class PostgresOperations:
    """What was started in other systems; see `lakevisor.ledger.port.OperationStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def intend(self, lease: Lease, intent: Intent, limits: LaunchLimits) -> OperationRecord:
        """Write down what is about to be started, or return what is known under its token."""
        parameters = _intended(lease, intent, limits)
        *_, [row], found = await self._database.run(*INTEND, parameters=parameters)
        verdict = row["verdict"]
        if verdict in {"known", "intended"}:
            return operation_of(found[0])
        allowed, again = getattr(limits, verdict), row["retry_after_seconds"]
        raise LimitReached(verdict, allowed=allowed, retry_after_seconds=again)

    async def adopt(self, lease: Lease, intent: Intent, started: Started) -> OperationRecord:
        """Write down what has begun already, in one step."""
        parameters = _intended(lease, intent, LaunchLimits()) | started.model_dump()
        *_, [row] = await self._database.run(*ADOPT, parameters=parameters)
        return _with_run(operation_of(row), started)

    async def launched(self, token: str, started: Started) -> OperationRecord:
        """Write down under which id the other system runs it."""
        operation = await self._change("operation_launched", token, **started.model_dump())
        return _with_run(operation, started)

    async def abandoned(self, token: str, reason: str) -> OperationRecord:
        """Write down that the other system refused for certain to start it."""
        return await self._change("operation_abandoned", token, reason=reason)

    async def get(
        self, owner: OwnerKey, run_id: str, *, kind: str | None = None
    ) -> OperationRecord | None:
        """Return an operation of this owner."""
        parameters = {**owner_parameters(owner), "run_id": run_id, "kind": kind}
        return next(iter(await self._read("get_operation", parameters)), None)

    async def get_any(
        self, workspace_id: str, run_id: str, *, kind: str | None = None
    ) -> OperationRecord | None:
        """Return an operation whoever owns it."""
        parameters = {"workspace_id": workspace_id, "run_id": run_id, "kind": kind}
        return next(iter(await self._read("get_any_operation", parameters)), None)

    async def list(
        self,
        owner: OwnerKey,
        *,
        kind: str | None = None,
        thread_key: str | None = None,
        turn_id: str | None = None,
        only_open: bool = False,
        limit: int = 50,
    ) -> Sequence[OperationRecord]:
        """Return operations of this owner, the latest first."""
        parameters = {
            **owner_parameters(owner),
            "kind": kind,
            "thread_key": thread_key,
            "turn_id": turn_id,
            "only_open": only_open,
            "limit": limit,
        }
        return await self._read("list_operations", parameters)

    async def list_any(
        self,
        workspace_id: str,
        *,
        kind: str | None = None,
        job: str | None = None,
        only_open: bool = False,
        limit: int = 50,
    ) -> Sequence[OperationRecord]:
        """Return operations whoever owns them, the latest first."""
        parameters = {
            "workspace_id": workspace_id,
            "kind": kind,
            "job": job,
            "only_open": only_open,
            "limit": limit,
        }
        return await self._read("list_any_operations", parameters)

    async def note(
        self, seen: OperationRecord, *, state: str, is_final: bool, url: str | None = None
    ) -> OperationRecord:
        """Remember the state that was seen."""
        seen_now = {"state": state, "is_final": is_final, "url": url, "repairs": seen.repairs}
        return await self._change("note_operation", seen.token, **seen_now)

    async def keep_details(
        self,
        token: str,
        *,
        details: Mapping[str, JsonValue],
        expected: Mapping[str, JsonValue],
    ) -> bool:
        """Replace what the agent keeps with an operation, if it is still what was read."""
        parameters = {"token": token, "details": Jsonb(details), "expected": Jsonb(expected)}
        [rows] = await self._database.run("keep_details", parameters=parameters)
        return bool(rows)

    async def request_cancel(
        self, operation: OperationRecord, *, by: OwnerKey, origin: Origin
    ) -> OperationRecord:
        """Remember that its end was asked for."""
        who = {**owner_parameters(by), **origin_parameters(origin)}
        token, repairs = operation.token, operation.repairs
        return await self._change("request_cancel", token, repairs=repairs, **who)

    async def repaired(
        self,
        operation: OperationRecord,
        *,
        state: str,
        by: OwnerKey,
        origin: Origin,
        limits: LaunchLimits,
    ) -> OperationRecord:
        """Remember that what had ended runs again under the same id."""
        names = ("token", "kind", "job", "run_id", "repairs")
        parameters = {
            **{name: getattr(operation, name) for name in names},
            **owner_parameters(operation.owner),
            **origin_parameters(origin),
            **vars(limits),
            "state": state,
            "by": by.owner,
        }
        *_, [row], found = await self._database.run(*REPAIR, parameters=parameters)
        verdict = row["verdict"]
        if verdict in {"known", "repaired"}:
            return operation_of(found[0])
        raise LimitReached(verdict, allowed=getattr(limits, verdict))

    async def claim_untold(self, lease: Lease) -> Sequence[OperationRecord]:
        """Return what ended and was not told, reserved for this turn to tell."""
        *_, rows = await self._database.run(*CLAIM, parameters=lease_parameters(lease))
        return [operation_of(row) for row in rows]

    async def unresolved(self, older_than: timedelta) -> Sequence[OperationRecord]:
        """Return intents without a run id whose turn nobody works on."""
        return await self._read("unresolved_operations", {"older_than": older_than})

    async def _read(self, name: str, parameters: dict[str, Any]) -> Sequence[OperationRecord]:
        [rows] = await self._database.run(name, parameters=parameters)
        return [operation_of(row) for row in rows]

    async def _change(self, name: str, token: str, **parameters: Any) -> OperationRecord:
        """Change one operation, and return it as it is then."""
        parameters["token"] = token
        *_, rows = await self._database.run(name, "operation_of_token", parameters=parameters)
        if not rows:
            raise RuntimeError(f"The ledger has no operation {token!r}.")
        return operation_of(rows[0])


def _intended(lease: Lease, intent: Intent, limits: LaunchLimits) -> dict[str, Any]:
    return {
        **lease_parameters(lease),
        **vars(intent),
        **vars(limits),
        "parameters": Json(intent.parameters),
        "details": Jsonb(intent.details),
    }


def _with_run(operation: OperationRecord, started: Started) -> OperationRecord:
    """Return an operation that has the run it should have."""
    if operation.run_id != started.run_id:
        raise RuntimeError(
            f"Operation {operation.token!r} has the run {operation.run_id!r}, not"
            f" {started.run_id!r}."
        )
    return operation
