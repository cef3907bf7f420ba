"""A turn without a server: operations in memory, a workspace only where a test brings one."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn, cast

from pydantic import JsonValue

from lakevisor_plugin import (
    Memory,
    Operation,
    OperationNotFound,
    Operations,
    RateLimits,
    Started,
    Turn,
)
from lakevisor_testing.rate_limits import InMemoryRateLimits

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient


@dataclass(kw_only=True)
class _Thread:
    """What is known of one thread, over all its turns."""

    by_run_id: dict[str, Operation] = field(default_factory=dict)
    """Run id to operation, the latest last."""
    by_token: dict[str, str] = field(default_factory=dict)
    """Idempotency token to run id."""
    launching: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while something is started."""


class InMemoryOperations:
    """The operations of one caller and thread, kept in memory."""

    def __init__(
        self, *, thread_id: str = "thread-1", turn_id: str = "turn-1", agent: str = ""
    ) -> None:
        """Begin a thread without operations.

        Args:
            thread_id: the conversation.
            turn_id: the request.
            agent: the sub-agent that new operations belong to; the host knows it, here a test.
        """
        self._thread_id = thread_id
        self._turn_id = turn_id
        self._agent = agent
        self._thread = _Thread()
        self.may_see_everybody = False
        """Whether the caller is an administrator; there is one owner all the same."""

    def in_turn(self, turn_id: str) -> InMemoryOperations:
        """Return the operations of the same thread in another turn, or in this one run again."""
        other = InMemoryOperations(thread_id=self._thread_id, turn_id=turn_id, agent=self._agent)
        other._thread = self._thread  # the same class
        return other

    async def launch(
        self,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],
        start: Callable[[str], Awaitable[Started]],
    ) -> Operation:
        """Start work once; the same wish in the same turn gives the operation that exists."""
        token = _token([self._thread_id, self._turn_id, kind, job, dict(parameters)])
        async with self._thread.launching:
            if token in self._thread.by_token:
                return self._thread.by_run_id[self._thread.by_token[token]]
            started = await start(token)
            self._thread.by_token[token] = started.run_id
            return self._begun(started, kind=kind, title=title, job=job)

    async def adopt(
        self,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],  # noqa: ARG002 - nobody reads them here
        started: Started,
        details: Mapping[str, JsonValue] | None = None,
    ) -> Operation:
        """Remember work that has begun already; the same run id is the same operation."""
        known = self._thread.by_run_id.get(started.run_id)
        if known is not None:
            return known
        begun = self._begun(started, kind=kind, title=title, job=job)
        return self.add(begun.model_copy(update={"details": details or {}}))

    def _begun(self, started: Started, *, kind: str, title: str, job: str | None) -> Operation:
        return self.add(
            Operation(
                kind=kind,
                run_id=started.run_id,
                title=title,
                state=started.state,
                job=job,
                url=started.url,
                agent=self._agent,
            )
        )

    def add(self, operation: Operation) -> Operation:
        """Put an operation into the thread, as if an earlier turn had launched it."""
        self._thread.by_run_id[operation.run_id] = operation
        return operation

    async def get(self, run_id: str, *, kind: str | None = None) -> Operation:
        """Return one operation of this thread, or raise `OperationNotFound`."""
        found = self._thread.by_run_id.get(run_id)
        if found is None or kind not in (None, found.kind):
            raise OperationNotFound(run_id)
        return found

    async def list(
        self,
        *,
        kind: str,
        everywhere: bool = False,  # noqa: ARG002 - there is one thread
        everyone: bool = False,  # noqa: ARG002 - and one owner
    ) -> Sequence[Operation]:
        """Return the operations of a kind, the latest last."""
        return tuple(each for each in self._thread.by_run_id.values() if each.kind == kind)

    async def note(self, run_id: str, *, state: str, is_final: bool) -> Operation:
        """Remember the state that was last seen."""
        return await self._change(run_id, state=state, is_final=is_final)

    async def keep(
        self,
        run_id: str,
        *,
        details: Mapping[str, JsonValue],
        expected: Mapping[str, JsonValue],
    ) -> bool:
        """Replace what is kept with an operation, if it is still what was read."""
        known = await self.get(run_id)
        if known.is_final or known.details not in (expected, details):
            return False
        await self._change(run_id, details=details)
        return True

    async def request_cancel(self, run_id: str, *, state: str) -> Operation:
        """Remember that the end of an operation was asked for."""
        return await self._change(run_id, state=state, is_cancel_requested=True)

    async def repaired(self, run_id: str, *, state: str) -> Operation:
        """Remember that what had ended runs again."""
        return await self._change(run_id, state=state, is_final=False, is_cancel_requested=False)

    async def _change(self, run_id: str, **update: Any) -> Operation:
        return self.add((await self.get(run_id)).model_copy(update=update))


class NoWorkspace:
    """Stands where a workspace client would; whoever reaches for it fails the test."""

    def __getattr__(self, name: str) -> NoReturn:
        """Fail, naming what was wanted."""
        if name.startswith("__"):  # copying and printing look for these and expect this answer
            raise AttributeError(name)
        raise AssertionError(
            f"The tool uses turn.workspace.{name}, and this turn has no workspace. "
            "Give it one: make_turn(workspace=WorkspaceClient(...))."
        )


def make_turn(
    *,
    thread_id: str = "thread-1",
    turn_id: str = "turn-1",
    workspace: WorkspaceClient | None = None,
    operations: Operations | None = None,
    memory: Memory | None = None,
    rate_limits: RateLimits | None = None,
    seconds: float = 30,
    tell: Callable[[str], None] | None = None,
    **fields: Any,
) -> Turn:
    """Return a turn for a tool under test.

    Args:
        thread_id: the conversation.
        turn_id: the request.
        workspace: a client; without it a tool that uses the workspace fails the test.
        operations: the thread's operations; without them none, in memory.
        memory: what the sub-agent remembers of the thread; without it nothing yet.
        rate_limits: those of other systems; without them nobody waits.
        seconds: how long the turn may take from now on.
        tell: takes what the tool says of its progress, for example `list.append`.
        fields: further ones of the `Turn`, by name: `is_resumed=True`.
    """
    if operations is None:
        operations = InMemoryOperations(thread_id=thread_id, turn_id=turn_id)
    return Turn(
        thread_id=thread_id,
        turn_id=turn_id,
        workspace=workspace or cast("WorkspaceClient", NoWorkspace()),
        operations=operations,
        # Not `or`: one that is still empty counts as false.
        memory=Memory() if memory is None else memory,
        rate_limits=rate_limits or InMemoryRateLimits(),
        deadline=time.monotonic() + seconds,
        tell=tell or (lambda _: None),
        **fields,
    )


def _token(wish: Sequence[Any]) -> str:
    """Return 64 characters, the most that Jobs takes, that stand for this wish alone."""
    text = json.dumps(wish, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
