"""Operations: work that goes on after the turn that began it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from lakevisor_plugin.errors import GiveUp


class Operation(BaseModel):
    """One piece of work that somebody started in a turn: a job's run, a long question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    """What it is, a word of the plugin's: `job_run`."""
    run_id: str
    """The id under which its own system knows it."""
    title: str
    """Its name for people: `Transaction anomalies`."""
    state: str
    """The last state that was seen, a word of the plugin's; never a guess."""
    job: str | None = None
    """The configured name of what runs, where there is one."""
    url: str | None = None
    """The page where a person can look at it."""
    is_final: bool = False
    """Whether it has been seen to have ended; what is unknown has not."""
    is_cancel_requested: bool = False
    """Whether its end was asked for, which is not yet its end."""
    agent: str = ""
    """The sub-agent that launched it; the host fills it in."""
    launched_at: datetime | None = None
    """When it was launched; the host fills it in."""
    owner: str | None = None
    """Whose it is, where an administrator sees somebody else's; the host fills it in."""
    details: Mapping[str, JsonValue] = Field(default_factory=dict, exclude=True, repr=False)
    """What the plugin keeps with it, for itself: neither people nor programs are shown it."""


class Started(BaseModel):
    """What the plugin's system answered when the work was started."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str = Field(min_length=1, max_length=256)
    """The id under which the system knows it; several ids may be joined in it."""
    state: str
    """A word of the plugin's."""
    url: str | None = None
    """The page where a person can look at it."""


class Intended(BaseModel):
    """What was about to be started when its turn was given up: nobody knows whether it runs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    """What it is, a word of the plugin's."""
    title: str
    """Its name for people."""
    job: str | None
    """The configured name of what runs, where there is one."""
    parameters: Mapping[str, JsonValue]
    """What it is started with, as it was given to `Operations.launch`."""
    earliest: datetime
    """It was not started before; clocks that differ are allowed for."""
    latest: datetime
    """Nor after: no request that could start it was under way any more."""
    starters: frozenset[str]
    """The identities that may have started it."""


class OperationNotFound(GiveUp):
    """No such operation exists for this caller.

    The words are the same whether it never was or belongs to somebody else.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(f"You have no run {run_id!r}.")
        self.run_id = run_id


class Seen(BaseModel):
    """How an operation was found when somebody looked at it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    """A word of the plugin's."""
    is_final: bool
    """Whether it has ended; what is unknown has not."""
    text: str
    """What the person is told if it has ended: a sentence, or the whole answer; Markdown."""
    data: Mapping[str, JsonValue] = Field(default_factory=dict)
    """What programs read of it, beside the text in `custom_outputs["notices"]`."""


class Operations(Protocol):
    """The operations of this caller, launched from this thread. No method takes another owner."""

    @property
    def may_see_everybody(self) -> bool:
        """Whether the caller is a configured administrator: `list(everyone=True)` has all."""
        ...

    async def launch(
        self,
        *,
        kind: str,
        title: str,
        job: str | None,
        parameters: Mapping[str, JsonValue],
        start: Callable[[str], Awaitable[Started]],
    ) -> Operation:
        """Start work once, and remember it.

        Args:
            kind: what it is, a word of the plugin's.
            title: its name for people.
            job: the configured name of what runs, where there is one.
            parameters: what it is started with; part of what makes this wish the same wish.
            start: starts it. Takes the idempotency token (at most 64 characters), which is the
                same whenever this turn is run again, and must be sent to the other system.
        """
        ...

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
        """Remember work that has begun already and will go on after the turn.

        For what nobody knew to be long when it was begun: a question that is not answered in time.
        It is not a launch: no limit holds for it, and the call needs not stand in `effects`. The
        same run id again, in whatever turn, is the same operation.

        Args:
            kind: what it is, a word of the plugin's.
            title: its name for people.
            job: the configured name of what it was asked of, where there is one.
            parameters: what it was begun with.
            started: under which id it runs.
            details: what is kept with it from the first; see `keep`.
        """
        ...

    async def get(self, run_id: str, *, kind: str | None = None) -> Operation:
        """Return one operation.

        Args:
            run_id: the operation.
            kind: a word of the plugin's: run ids are unique within a kind only. Without it, the
                latest of any kind.

        Raises:
            OperationNotFound: it does not exist for this caller.
        """
        ...

    async def list(
        self, *, kind: str, everywhere: bool = False, everyone: bool = False
    ) -> Sequence[Operation]:
        """Return the operations of a kind, the latest last.

        Args:
            kind: a word of the plugin's.
            everywhere: those of all threads of the caller, not of this one alone.
            everyone: those of everybody, where the caller is a configured administrator; for
                others the same as `everywhere`.
        """
        ...

    async def note(self, run_id: str, *, state: str, is_final: bool) -> Operation:
        """Remember the state that was last seen, and return the operation with it.

        Args:
            run_id: the operation.
            state: what was seen, a word of the plugin's.
            is_final: whether it has ended; what is unknown has not.

        Raises:
            OperationNotFound: it does not exist for this caller.
        """
        ...

    async def keep(
        self,
        run_id: str,
        *,
        details: Mapping[str, JsonValue],
        expected: Mapping[str, JsonValue],
    ) -> bool:
        """Replace an operation's `details`, if they are still those that were read.

        So two processes that come upon the same operation can agree who goes on with it: of those
        that read the same, one gets True. What has ended is not changed any more.

        Args:
            run_id: the operation.
            details: what is kept from now on.
            expected: what was read.

        Raises:
            OperationNotFound: it does not exist for this caller.
        """
        ...

    async def request_cancel(self, run_id: str, *, state: str) -> Operation:
        """Remember that the end of an operation is asked for; call it before asking.

        Args:
            run_id: the operation.
            state: the state as it is from now on, a word of the plugin's.

        Raises:
            OperationNotFound: it does not exist for this caller.
        """
        ...

    async def repaired(self, run_id: str, *, state: str) -> Operation:
        """Remember that what had ended runs again under the same id: its next end is told too.

        Call it before asking: it runs, and counts, like what was launched.

        Raises:
            OperationNotFound: it does not exist for this caller.
            GiveUp: no more may run now.
        """
        ...
