"""The operations of the ledger in memory."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from pydantic import JsonValue

from lakevisor.ledger.memory.limits import reached_limit, reached_running_limit
from lakevisor.ledger.memory.rows import Rows
from lakevisor.ledger.values import (
    Action,
    AuditEntry,
    Intent,
    LaunchLimits,
    Lease,
    OperationRecord,
    Origin,
    OwnerKey,
)
from lakevisor_plugin import Started


class MemoryOperations:
    """What was started in other systems; see `lakevisor.ledger.port.OperationStore`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def intend(self, lease: Lease, intent: Intent, limits: LaunchLimits) -> OperationRecord:
        """Write down what is about to be started, or return what is known under its token."""
        self._rows.held_thread(lease)
        known = self._rows.operations.get(intent.token)
        if known and known.abandoned_at is None:
            return known
        operation = _intended(lease, intent, self._rows)
        refusal = reached_limit(self._rows, lease.owner, intent, limits)
        if refusal:
            self._audit(Action.REFUSED, operation, details={"limit": refusal.limit})
            raise refusal
        self._audit(Action.INTENDED, operation)
        return self._store(operation)

    async def adopt(self, lease: Lease, intent: Intent, started: Started) -> OperationRecord:
        """Write down what has begun already, in one step."""
        await self.intend(lease, intent, LaunchLimits())
        return await self.launched(intent.token, started)

    async def launched(self, token: str, started: Started) -> OperationRecord:
        """Write down under which id the other system runs it."""
        operation = self._by_token(token)
        if operation.run_id == started.run_id:
            return operation
        others = (each for each in self._rows.operations.values() if each.run_id is not None)
        taken = {(each.owner.workspace_id, each.kind, each.run_id) for each in others}
        if operation.run_id or (*_system(operation), started.run_id) in taken:
            raise RuntimeError(f"Operation {token!r} cannot have the run {started.run_id!r}.")
        now = self._rows.now()
        operation = replace(
            operation,
            run_id=started.run_id,
            state=started.state,
            url=started.url,
            launched_at=now,
            seen_at=now,
            abandoned_at=None,
            abandon_reason=None,
        )
        self._audit(Action.LAUNCHED, operation)
        return self._store(operation)

    async def abandoned(self, token: str, reason: str) -> OperationRecord:
        """Write down that the other system refused for certain to start it."""
        operation = self._by_token(token)
        if operation.run_id or operation.abandoned_at:
            return operation
        operation = replace(operation, abandoned_at=self._rows.now(), abandon_reason=reason)
        self._audit(Action.LAUNCH_FAILED, operation, details={"reason": reason})
        return self._store(operation)

    async def get(
        self, owner: OwnerKey, run_id: str, *, kind: str | None = None
    ) -> OperationRecord | None:
        """Return an operation of this owner."""
        return self._find(run_id, kind, lambda each: each.owner == owner)

    async def get_any(
        self, workspace_id: str, run_id: str, *, kind: str | None = None
    ) -> OperationRecord | None:
        """Return an operation whoever owns it."""
        return self._find(run_id, kind, lambda each: each.owner.workspace_id == workspace_id)

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
        wanted = {"kind": kind, "thread_key": thread_key, "turn_id": turn_id}
        mine = [each for each in self._latest_first() if each.owner == owner]
        return _matching(mine, wanted, only_open=only_open)[:limit]

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
        here = [each for each in self._latest_first() if each.owner.workspace_id == workspace_id]
        return _matching(here, {"kind": kind, "job": job}, only_open=only_open)[:limit]

    async def note(
        self, seen: OperationRecord, *, state: str, is_final: bool, url: str | None = None
    ) -> OperationRecord:
        """Remember the state that was seen."""
        operation = self._by_token(seen.token)
        if operation.ended_at or operation.repairs != seen.repairs:
            return operation
        now = self._rows.now()
        ended_at = now if is_final else None
        url = url or operation.url
        return self._store(replace(operation, state=state, url=url, seen_at=now, ended_at=ended_at))

    async def keep_details(
        self,
        token: str,
        *,
        details: Mapping[str, JsonValue],
        expected: Mapping[str, JsonValue],
    ) -> bool:
        """Replace what the agent keeps with an operation, if it is still what was read."""
        known = self._by_token(token)
        if not known.is_open or known.details not in (expected, details):
            return False
        self._store(replace(known, details=details))
        return True

    async def request_cancel(
        self, operation: OperationRecord, *, by: OwnerKey, origin: Origin
    ) -> OperationRecord:
        """Remember that its end was asked for."""
        known = self._by_token(operation.token)
        if known.ended_at or known.cancel_requested_at or known.repairs != operation.repairs:
            return known
        self._audit(Action.CANCEL_REQUESTED, known, by=by, origin=origin)
        return self._store(replace(known, cancel_requested_at=self._rows.now()))

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
        known = self._by_token(operation.token)
        if known.ended_at is None or known.repairs != operation.repairs:
            return known
        refusal = reached_running_limit(self._rows, known.owner, known, limits)
        if refusal:
            details: dict[str, JsonValue] = {"limit": refusal.limit}
            self._audit(Action.REFUSED, known, by=by, origin=origin, details=details)
            raise refusal
        self._rows.claims.pop(known.token, None)
        self._audit(Action.REPAIRED, known, by=by, origin=origin)
        again = replace(
            known,
            state=state,
            seen_at=self._rows.now(),
            repairs=known.repairs + 1,
            ended_at=None,
            told_at=None,
            cancel_requested_at=None,
        )
        return self._store(again)

    async def claim_untold(self, lease: Lease) -> Sequence[OperationRecord]:
        """Return what ended and was not told, reserved for this turn to tell."""
        self._rows.held_thread(lease)
        untold = [
            each
            for each in self._rows.operations.values()
            if each.owner == lease.owner and each.ended_at and not each.told_at
        ]
        free = [each for each in untold if self._is_claimable(each.token, lease)]
        for each in free:
            self._rows.claims[each.token] = (lease.thread_key, lease.fence)
        return sorted(free, key=lambda each: (each.ended_at, each.token))

    def _is_claimable(self, token: str, lease: Lease) -> bool:
        """Tell whether no other turn that can still finish is to tell of it."""
        thread_key, fence = claim = self._rows.claims.get(token, ("", 0))
        thread = self._rows.threads.get(thread_key)
        if thread is None or thread.fence != fence or claim == (lease.thread_key, lease.fence):
            return True
        if thread.is_held(self._rows.now()):
            return False
        # Its lease ran out; were it extended now, both would tell.
        thread.end_lease()
        return True

    async def unresolved(self, older_than: timedelta) -> Sequence[OperationRecord]:
        """Return intents without a run id whose turn nobody works on."""
        limit = self._rows.ago(older_than)
        return [
            each
            for each in self._rows.operations.values()
            if each.run_id is None and each.is_open and each.intended_at <= limit
            if not self._is_worked_on(each)
        ]

    def _is_worked_on(self, operation: OperationRecord) -> bool:
        thread = self._rows.threads[operation.thread_key]
        return thread.turn_id == operation.turn_id and thread.is_held(self._rows.now())

    def _by_token(self, token: str) -> OperationRecord:
        operation = self._rows.operations.get(token)
        if operation is None:
            raise RuntimeError(f"The ledger has no operation {token!r}.")
        return operation

    def _find(
        self, run_id: str, kind: str | None, may_see: Callable[[OperationRecord], bool]
    ) -> OperationRecord | None:
        found = _matching(self._latest_first(), {"run_id": run_id, "kind": kind}, only_open=False)
        return next(filter(may_see, found), None)

    def _latest_first(self) -> builtins.list[OperationRecord]:
        rows = self._rows.operations.values()
        return sorted(rows, key=lambda each: (each.intended_at, each.token), reverse=True)

    def _store(self, operation: OperationRecord) -> OperationRecord:
        self._rows.operations[operation.token] = operation
        return operation

    def _audit(
        self,
        action: Action,
        operation: OperationRecord,
        *,
        by: OwnerKey | None = None,
        origin: Origin | None = None,
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        details = dict(details or {})
        if by is not None and by != operation.owner:
            details["owner"] = operation.owner.owner
        entry = AuditEntry(
            owner=by or operation.owner,
            action=action,
            origin=origin or _origin_of(operation),
            job=operation.job,
            run_id=operation.run_id,
            token=operation.token,
            details=details,
        )
        self._rows.write_audit(entry)


def _intended(lease: Lease, intent: Intent, rows: Rows) -> OperationRecord:
    return OperationRecord(
        **vars(intent),
        owner=lease.owner,
        thread_key=lease.thread_key,
        thread_id=lease.thread_id,
        turn_id=lease.turn_id,
        intended_at=rows.now(),
    )


def _origin_of(operation: OperationRecord) -> Origin:
    return Origin(
        agent=operation.agent,
        tool=operation.tool,
        thread_key=operation.thread_key,
        turn_id=operation.turn_id,
        trace_id=operation.trace_id,
    )


def _system(operation: OperationRecord) -> tuple[str, str]:
    """Return within what run ids are unique."""
    return operation.owner.workspace_id, operation.kind


def _matching(
    operations: Sequence[OperationRecord], wanted: Mapping[str, str | None], *, only_open: bool
) -> list[OperationRecord]:
    """Keep those with the wanted values; `None` wants nothing."""
    asked = {name: value for name, value in wanted.items() if value is not None}
    return [
        each
        for each in operations
        if all(getattr(each, name) == value for name, value in asked.items())
        and (each.is_open or not only_open)
    ]
