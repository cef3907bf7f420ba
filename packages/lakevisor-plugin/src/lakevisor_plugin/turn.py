"""What a tool is given of the turn it runs in: capabilities, not identities."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

from langchain_core.tools import InjectedToolArg
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from lakevisor_plugin.memory import Memory, no_memory
from lakevisor_plugin.operations import Operations
from lakevisor_plugin.rate_limits import RateLimits
from lakevisor_plugin.spans import NoSpans, Span, SpanKind, Spans

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

P = ParamSpec("P")
T = TypeVar("T")


def _nowhere(_: Callable[[], Awaitable[None]]) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class Turn:
    """One request of a person, while it is worked on.

    A tool takes it as a parameter of type `CurrentTurn`; the model never sees it.
    """

    thread_id: str
    """The conversation."""
    turn_id: str
    """The request: the same when the turn is run again after a crash."""
    workspace: WorkspaceClient
    """A client of the workspace that acts for the caller. It blocks: use `call`."""
    operations: Operations
    """The operations of this caller; what is launched belongs to this thread."""
    rate_limits: RateLimits
    """The rate limits of other systems, kept together with all other processes."""
    deadline: float
    """When the turn must be over, on the clock of `time.monotonic()`, in seconds."""
    tell: Callable[[str], None] = field(repr=False)
    """Where `progress` goes."""
    memory: Memory = field(default_factory=no_memory)
    """What this sub-agent remembers of the thread. Only tools have one: elsewhere it has no room.

    What a tool sets is kept when the call has ended, also if it failed; not if the process died
    or the turn's time was over before.
    """
    is_resumed: bool = False
    """Whether an earlier attempt at this turn was interrupted: it may have done what a tool is
    asked to do now, and the answer was lost. Look for it first where the other system has no
    idempotency token."""
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    """When the first attempt at this turn began, by the clock of Lakebase: what it may have done
    is not older."""
    is_accepted: bool = False
    """Whether the person has accepted this very tool call; see `AskFirst`."""
    trace_id: str | None = None
    """The trace of this turn, where turns are traced; another one when the turn is run again."""
    spans: Spans = field(default_factory=NoSpans, repr=False)
    """Records spans of the turn's trace; use `span`."""
    make_user_workspace: Callable[[], WorkspaceClient] | None = field(default=None, repr=False)
    """Makes the client that `user_workspace` returns; it blocks."""
    begin_work: Callable[[Callable[[], Awaitable[None]]], bool] = field(
        default=_nowhere, repr=False
    )
    """Begins what `afterwards` is given; without one nothing is."""
    names: frozenset[str] = field(default=frozenset(), repr=False)
    """The caller's user name and groups; ask with `is_one_of`."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        """Let tools' argument models take the turn as it is; its parts are not data."""
        return core_schema.is_instance_schema(cls)

    async def user_workspace(self) -> WorkspaceClient | None:
        """Return a client that acts with the person's own token, or None if there is no such token.

        There is one where the request brought it (an app that people are logged in to), and then
        it can do what the person may do and the token's scopes allow: Genie, but not Jobs. It is
        made once a turn and must not be kept, except by `afterwards`. Where there is none,
        `workspace` acts; whether that will do is for the plugin's settings to say.

        Raises:
            TimeoutError: the workspace did not answer before the deadline.
        """
        make = self.make_user_workspace
        return None if make is None else await self.call(make)

    def afterwards(self, work: Callable[[Turn], Awaitable[None]], *, seconds: float) -> bool:
        """Go on with something beside the turn and after it, in this process, and return at once.

        It is cancelled when it takes too long or the process is told to end; and a process can
        die. So nothing may depend on it: what has to be done stands in an operation, whoever looks
        at the operation next goes on with it, and `Operations.keep` decides between several.

        Args:
            work: takes this turn, with more time, nobody to tell and no memory of the thread.
            seconds: how long it may take.

        Returns:
            Whether it was begun; not where the process has enough of such work or is to end.
        """
        later = replace(
            self,
            deadline=time.monotonic() + seconds,
            tell=lambda _: None,
            memory=no_memory(),
            # Its trace ends with the turn.
            spans=NoSpans(),
        )

        async def limited() -> None:
            async with asyncio.timeout(seconds):
                await work(later)

        return self.begin_work(limited)

    def span(
        self, name: str, *, kind: SpanKind = "task", inputs: Any = None
    ) -> AbstractContextManager[Span]:
        """Record a part of a tool's work in the turn's trace: `with turn.span("look up"): ...`.

        Each tool call has a span already. Where turns are not traced, nothing happens.

        Args:
            name: what happens, in few words; the same words each time.
            kind: what kind of thing it is.
            inputs: what it is given; recorded only where the configuration lets contents be.
        """
        return self.spans.span(name, kind=kind, inputs=inputs)

    def seconds_left(self) -> float:
        """Return how long the turn may still take, never less than 0."""
        return max(0.0, self.deadline - time.monotonic())

    def is_one_of(self, allowed: Collection[str]) -> bool:
        """Tell whether the caller, or a group of the caller's, is among these names."""
        return not self.names.isdisjoint(allowed)

    def progress(self, text: str) -> None:
        """Tell the person how far the tool is, in a few words."""
        self.tell(text)

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a blocking function beside the event loop, within the turn's deadline.

        Raises:
            TimeoutError: the deadline passed first. What the function did is not undone.
        """
        async with asyncio.timeout(self.seconds_left()):
            return await asyncio.to_thread(function, *args, **kwargs)


CurrentTurn = Annotated[Turn, InjectedToolArg]
"""The type of a tool's parameter that receives the turn: `turn: CurrentTurn`."""
