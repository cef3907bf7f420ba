"""The operations of a caller, as a turn's tools may see and start them.

What a plugin is given is bound to caller, thread, agent and tool: no method takes another owner,
so a plugin cannot name one.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from pydantic import JsonValue

from lakevisor.config import SECRETS
from lakevisor.errors import LakebaseError, LaunchUnknown, LimitReached
from lakevisor.ledger.occupied import counted_by, own_runs
from lakevisor.ledger.port import OperationStore
from lakevisor.ledger.values import (
    Counted,
    Intent,
    LaunchLimits,
    Lease,
    OperationRecord,
    Origin,
    OwnerKey,
)
from lakevisor_plugin import (
    GiveUp,
    NoSpans,
    Operation,
    OperationNotFound,
    Spans,
    Started,
    ToolFault,
)

logger = logging.getLogger(__name__)

PAUSES = (0.2, 1.0, 0.0)
"""Seconds to wait after each time that a launch got no answer."""
LATEST = 50
"""How many operations of a thread a tool is shown at most."""

MakeRoom = Callable[[Counted], Awaitable[bool]]
"""Looks at what a limit counts, and tells whether an end was seen: then there may be room."""


def _nobody(_: Operation) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class TurnOperations:
    """The operations of the caller whose turn holds the lease."""

    store: OperationStore
    lease: Lease
    limits: LaunchLimits = field(default_factory=LaunchLimits)
    make_room: MakeRoom | None = None
    """Without it, what was not seen to end counts."""
    is_administrator: bool = False
    """Whether the caller may see and stop what others have started."""
    trace_id: str | None = None
    """The trace of the turn."""
    spans: Spans = field(default_factory=NoSpans)
    """Records each launch in the trace."""
    tell_launched: Callable[[Operation], None] = _nobody
    """Hears of what the turn has started, or finds started."""

    def for_call(self, agent: str, tool: str, *, may_change: bool) -> CallOperations:
        """Return them for one tool call.

        Args:
            agent: whose tool it is.
            tool: its name.
            may_change: whether the call may start, stop or repair something.
        """
        return CallOperations(turn=self, agent=agent, tool=tool, may_change=may_change)

    def origin(self, agent: str, tool: str) -> Origin:
        """Return where a tool call stands, for the audit."""
        return Origin(
            agent=agent,
            tool=tool,
            thread_key=self.lease.thread_key,
            turn_id=self.lease.turn_id,
            trace_id=self.trace_id,
        )


@dataclass(frozen=True, kw_only=True)
class CallOperations:
    """The operations as one tool call sees them; the `Operations` of the plugin contract."""

    turn: TurnOperations
    agent: str
    tool: str
    may_change: bool
    _read: dict[str, OperationRecord] = field(default_factory=dict)
    _touched: dict[str, Operation] = field(default_factory=dict)

    @property
    def touched(self) -> Sequence[Operation]:
        """What the call has launched, asked about or changed, in that order."""
        return tuple(self._touched.values())

    @property
    def may_see_everybody(self) -> bool:
        """Whether the caller is an administrator."""
        return self.turn.is_administrator

    async def launch(
        self,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],
        start: Callable[[str], Awaitable[Started]],
    ) -> Operation:
        """Start work once: the intent is committed first, and its token is sent with it.

        Raises:
            GiveUp: no more may be started now.
            LaunchUnknown: no answer came, however often it was asked, or the ledger did not answer.
            ToolFault: what `start` raised; it was not started.
            RuntimeError: the call may not start anything (a bug of the plugin).
        """
        self._require_change()
        token = self._token(kind, job, parameters)
        intent = self._intent(token, kind=kind, title=title, job=job, parameters=parameters)
        try:
            operation = await self._launched(intent, start)
        except LakebaseError as error:
            # It may run by now; a model that read of it could wish for it again in other words.
            raise LaunchUnknown(title) from error
        self.turn.tell_launched(operation)
        return operation

    async def adopt(
        self,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],
        started: Started,
        details: Mapping[str, JsonValue] | None = None,
    ) -> Operation:
        """Remember work that has begun already.

        Raises:
            LaunchUnknown: the ledger did not answer. The turn fails, and the same request, sent
                again, finds what it has begun.
        """
        owner = self.turn.lease.owner
        token = _digest([owner.workspace_id, owner.owner, kind, started.run_id])
        intent = self._intent(token, kind=kind, title=title, job=job, parameters=parameters)
        intent = replace(intent, details=details or {})
        try:
            return self._touch(await self.turn.store.adopt(self.turn.lease, intent, started))
        except LakebaseError as error:
            raise LaunchUnknown(title) from error

    async def get(self, run_id: str, *, kind: str | None = None) -> Operation:
        """Return one operation of the caller, or raise `OperationNotFound`."""
        owner = self.turn.lease.owner
        record = await self.turn.store.get(owner, run_id, kind=kind)
        if record is None and self.turn.is_administrator:
            record = await self.turn.store.get_any(owner.workspace_id, run_id, kind=kind)
        if record is None:
            raise OperationNotFound(run_id)
        return self._touch(record)

    async def list(
        self, *, kind: str, everywhere: bool = False, everyone: bool = False
    ) -> Sequence[Operation]:
        """Return operations of a kind, the latest last."""
        owner, store = self.turn.lease.owner, self.turn.store
        if everyone and self.may_see_everybody:
            records = await store.list_any(owner.workspace_id, kind=kind, limit=LATEST)
        else:
            thread_key = None if everywhere or everyone else self.turn.lease.thread_key
            records = await store.list(owner, kind=kind, thread_key=thread_key, limit=LATEST)
        known = [record for record in reversed(records) if record.run_id is not None]
        self._read.update({str(record.run_id): record for record in known})
        return tuple(operation_of(record, caller=owner) for record in known)

    async def note(self, run_id: str, *, state: str, is_final: bool) -> Operation:
        """Remember the state that was last seen."""
        if run_id not in self._read:
            await self.get(run_id)
        record = await self.turn.store.note(self._read[run_id], state=state, is_final=is_final)
        return self._touch(record)

    async def keep(
        self,
        run_id: str,
        *,
        details: Mapping[str, JsonValue],
        expected: Mapping[str, JsonValue],
    ) -> bool:
        """Replace what is kept with an operation, if it is still what was read."""
        if run_id not in self._read:
            await self.get(run_id)
        token = self._read[run_id].token
        return await self.turn.store.keep_details(token, details=details, expected=expected)

    async def request_cancel(self, run_id: str, *, state: str) -> Operation:
        """Remember that the end of an operation is asked for, before it is."""
        self._require_change()
        await self.get(run_id)
        owner = self.turn.lease.owner
        record = await self.turn.store.request_cancel(
            self._read[run_id], by=owner, origin=self._origin()
        )
        record = await self.turn.store.note(record, state=state, is_final=False)
        return self._touch(record)

    async def repaired(self, run_id: str, *, state: str) -> Operation:
        """Remember that what had ended runs again under the same id.

        Raises:
            GiveUp: no more may run now.
        """
        self._require_change()
        await self.get(run_id)
        known = self._read[run_id]
        repair = partial(
            self.turn.store.repaired,
            known,
            state=state,
            by=self.turn.lease.owner,
            origin=self._origin(),
            limits=self.turn.limits,
        )
        return self._touch(await self._within_limits(known, repair))

    def _intent(
        self,
        token: str,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],
    ) -> Intent:
        return Intent(
            token=token,
            agent=self.agent,
            tool=self.tool,
            kind=kind,
            job=job,
            title=title,
            parameters=parameters,
            parameters_digest=_digest(parameters),
            trace_id=self.turn.trace_id,
        )

    def _require_change(self) -> None:
        """Hold a plugin to its word: only what it calls an effect is asked about."""
        if not self.may_change:
            raise RuntimeError(
                f"{self.tool!r} of {self.agent!r} would start or stop something: it must stand in "
                "`effects` of its SubAgent, and `settle` only looks"
            )

    async def _launched(
        self, intent: Intent, start: Callable[[str], Awaitable[Started]]
    ) -> Operation:
        with self.turn.spans.span("launch", inputs=dict(intent.parameters)) as span:
            span.set_attributes(kind=intent.kind, job=intent.job)
            operation = self._touch(await self._record(intent, start))
            span.set_attributes(run_id=operation.run_id, state=operation.state)
        return operation

    async def _record(
        self, intent: Intent, start: Callable[[str], Awaitable[Started]]
    ) -> OperationRecord:
        intend = partial(self.turn.store.intend, self.turn.lease, intent, self.turn.limits)
        record = await self._within_limits(intent, intend)
        if record.run_id is not None:
            return record
        started = await self._start(record, start)
        return await self.turn.store.launched(intent.token, started)

    async def _within_limits(
        self, wanted: Intent | OperationRecord, change: Callable[[], Awaitable[OperationRecord]]
    ) -> OperationRecord:
        """Make a change that a limit can refuse; what it counts may have ended meanwhile.

        Raises:
            GiveUp: no more may be started now.
        """
        looked_at: set[str] = set()
        while True:
            try:
                return await change()
            except LimitReached as refusal:
                limit = refusal.limit
                if limit in looked_at or not await self._makes_room(limit, wanted):
                    owner = self.turn.lease.owner
                    own = await own_runs(self.turn.store, owner, limit=limit, wanted=wanted)
                    raise GiveUp(f"{refusal.message}{own}") from refusal
                looked_at.add(limit)

    async def _makes_room(self, limit: str, wanted: Intent | OperationRecord) -> bool:
        counted = counted_by(limit, wanted, self.turn.lease.owner)
        if counted is None or self.turn.make_room is None:
            return False
        return await self.turn.make_room(counted)

    async def _start(
        self, record: OperationRecord, start: Callable[[str], Awaitable[Started]]
    ) -> Started:
        """Ask the other system, and tell a refusal from an answer that did not come.

        Without an answer it is asked again under the same token, which is the same wish. The turn
        fails if that does not help: a model that went on could wish for it in other words.
        """
        for pause in PAUSES:
            try:
                return await start(record.token)
            except ToolFault as refusal:
                await self.turn.store.abandoned(record.token, SECRETS.text(refusal.message))
                raise
            # Whatever else it raises says nothing about what the other system has done.
            except Exception as error:
                logger.warning(
                    "A launch of %r got no answer.",
                    record.title,
                    exc_info=error,
                    extra={"action": "launch_outcome_unknown", "token": record.token},
                )
            await asyncio.sleep(pause)
        raise LaunchUnknown(record.title)

    def _touch(self, record: OperationRecord) -> Operation:
        operation = operation_of(record, caller=self.turn.lease.owner)
        self._read[operation.run_id] = record
        self._touched[operation.run_id] = operation
        return operation

    def _origin(self) -> Origin:
        return self.turn.origin(self.agent, self.tool)

    def _token(self, kind: str, job: str | None, parameters: Mapping[str, JsonValue]) -> str:
        """Return 64 characters (the most that Jobs takes) that stand for this wish alone.

        The id of the tool call is no part of it: a model that is asked again gives another one.
        """
        lease = self.turn.lease
        return _digest([lease.thread_key, lease.turn_id, kind, job, dict(parameters)])


def operation_of(record: OperationRecord, *, caller: OwnerKey | None = None) -> Operation:
    """Return an operation as plugins and clients see it; it must have a run id.

    Args:
        record: what the ledger knows.
        caller: who sees it, where it may be somebody else's.
    """
    assert record.run_id is not None, "only what was started is shown"
    is_anothers = caller is not None and caller != record.owner
    return Operation(
        kind=record.kind,
        run_id=record.run_id,
        title=record.title,
        state=record.state or "unknown",
        job=record.job,
        url=record.url,
        is_final=record.ended_at is not None,
        is_cancel_requested=record.cancel_requested_at is not None,
        agent=record.agent,
        launched_at=record.launched_at,
        owner=record.owner.owner if is_anothers else None,
        details=record.details,
    )


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
