"""Responses that are worked on in the background: the port, and what it takes and gives back.

A response is accepted, taken by one process at a time, written to while that process shows signs
of life, and ended once. Whoever took it before and still writes is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from pydantic import JsonValue

from lakevisor.ledger.values import OwnerKey

Status = Literal["queued", "in_progress", "completed", "failed", "cancelled"]
"""In OpenAI's words; the last three are ends."""
TellableEvent = Mapping[str, JsonValue]
"""What a client is told; its `sequence_number` is its place."""


@dataclass(frozen=True, kw_only=True)
class ResponseStart:
    """A request that is to be worked on in the background."""

    owner: OwnerKey
    """Who sent it."""
    thread_key: str
    """The storage key of the thread, made from workspace, owner and thread id."""
    thread_id: str
    """The thread's id as the client knows it."""
    turn_id: str
    """The client's id of the request; the same when it is sent again."""
    body_digest: str
    """Stands for what was sent; another one under the same turn id is a conflict."""
    request: JsonValue
    """What it takes to begin the turn; kept until the end of the response."""
    needs_owner: bool
    """Whether the owner's token, which is not kept, is needed to work on it."""


@dataclass(frozen=True, kw_only=True)
class ResponseRecord:
    """A response as the ledger knows it."""

    owner: OwnerKey
    """Whose it is."""
    thread_key: str
    """The storage key of the thread."""
    thread_id: str
    """The thread's id as the client knows it."""
    turn_id: str
    """The request."""
    request: JsonValue
    """What it takes to begin the turn; None after the end."""
    needs_owner: bool
    """Whether only its owner's own look lets another process take it up."""
    status: Status
    """How far it is."""
    attempts: int
    """How often work on it has begun."""
    fence: int
    """Grows each time it is taken; who writes with an older one is refused."""
    accepted_at: datetime
    """When it was accepted."""
    cancel_requested_at: datetime | None
    """When its end was asked for."""
    ended_at: datetime | None
    """When it ended."""
    is_held: bool
    """Whether a process works on it, as far as the ledger knows."""


@dataclass(frozen=True, kw_only=True)
class Written:
    """What became of a response, beside the events."""

    status: Status | None = None
    """How far it is now; None: as before. An end ends it."""
    is_begun: bool = False
    """Whether work on it has begun, once more or for the first time."""

    @property
    def is_end(self) -> bool:
        """Whether nothing comes after it."""
        return self.status in ("completed", "failed", "cancelled")


NOTHING_NEW = Written()


class Responses(Protocol):
    """What is worked on in the background, and what its clients are told of it."""

    async def accept(
        self, start: ResponseStart, events: Sequence[TellableEvent], *, most_open: int
    ) -> ResponseRecord:
        """Write a request down with its first events, or return what is known under its id.

        Args:
            start: the request.
            events: what a stream of it begins with.
            most_open: how many an owner may have that have not ended; exact, however many ask.

        Raises:
            TurnConflict: the turn id was used with another body.
            TooManyInBackground: the owner has that many; nothing was written.
        """
        ...

    async def get(self, thread_key: str, turn_id: str) -> ResponseRecord | None:
        """Return a response, or None where there is none on this thread."""
        ...

    async def waiting(
        self, workspace_id: str, *, owner: str | None = None, limit: int = 50
    ) -> Sequence[ResponseRecord]:
        """Return what nobody works on and anybody can, the oldest first.

        Those of one thread come one after the other. What needs its owner is not among them,
        unless it is to be cancelled.

        Args:
            workspace_id: only those of this workspace.
            owner: only those of this owner.
            limit: how many at most.
        """
        ...

    async def take(self, record: ResponseRecord, *, seconds: float) -> ResponseRecord | None:
        """Hold a response, or return None: somebody does, it has ended, or is not next.

        Args:
            record: which one.
            seconds: after so long without a `write` another process can take it.
        """
        ...

    async def write(
        self,
        taken: ResponseRecord,
        events: Sequence[TellableEvent],
        *,
        seconds: float,
        written: Written = NOTHING_NEW,
    ) -> ResponseRecord:
        """Add events, and hold the response for its time from now on.

        Raises:
            LeaseLost: another process has taken it, or it has ended; nothing was written.
        """
        ...

    async def release(self, taken: ResponseRecord) -> None:
        """Let others take it; one that was lost before is no error."""
        ...

    async def request_cancel(self, thread_key: str, turn_id: str) -> ResponseRecord | None:
        """Ask for the end of a response, and return it; one that has ended is not changed."""
        ...

    async def events(
        self, thread_key: str, turn_id: str, *, after: int = -1, limit: int = 500
    ) -> Sequence[TellableEvent]:
        """Return the events behind a place, in their order."""
        ...

    async def last_event(self, thread_key: str, turn_id: str) -> TellableEvent | None:
        """Return the last event so far."""
        ...

    async def forget(self, older_than: timedelta) -> int:
        """Delete what ended, or was accepted and never taken up, so long ago; return how many."""
        ...
