"""A question whose turn comes only after the turn: it keeps its place, and is sent once.

It is an operation from the first. What goes on in this process after the turn waits for its slot
and sends it; where that process has died, whoever looks at it next goes on with it. Who may send
it is decided in the ledger: one holds it at a time, and says so again until it is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from lakevisor_genie.answers import Telling
from lakevisor_genie.client import GenieClient, Sending
from lakevisor_genie.outcomes import (
    Failed,
    MessageRef,
    NoAccess,
    NoAnswer,
    NotFound,
    Queued,
    Throttled,
    Unanswered,
)
from lakevisor_genie.question import Question, ask
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace
from lakevisor_genie.thread_memory import ThreadMemory
from lakevisor_plugin import Deferred, Operation, Started, Turn

KIND = "genie_question"
QUEUED = "QUEUED"
LONGEST_SECONDS = 1800.0
"""How long a question may have to wait for its turn at most."""
_USUAL_SECONDS = 60.0
"""How long it should wait where nobody can say."""
_HELD_SECONDS = 30.0
"""How long it is held without a sign of life: longer than a request may take."""
_BEAT_SECONDS = 8.0
_TITLE_CHARS = 80


def title_of(question: str) -> str:
    """Return a question in one line, cut where it is long."""
    line = " ".join(question.split())
    return line if len(line) <= _TITLE_CHARS else f"{line[: _TITLE_CHARS - 1]}…"


class Waiting(BaseModel):
    """What the ledger keeps with a question that waits for its turn."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    question: str
    """Its words."""
    turn_id: str
    """The turn in which it was asked."""
    due: float
    """When it should be its turn, in seconds since 1970."""
    conversation_id: str | None = None
    """Genie's conversation that it goes on with."""
    place: str | None = None
    """Its place in the queue, for the first who goes on waiting there."""
    holder: str | None = None
    """Who waits to send it."""
    held_until: float = 0.0
    """Until when, without a sign of life; in seconds since 1970."""
    may_be_asked_since: float | None = None
    """When it was about to be sent first."""
    sent_as: str | None = None
    """Genie's conversation and message, once it was sent."""
    refused: str | None = None
    """Why it was not taken, as the name of the outcome."""
    reason: str = ""
    """The same in the API's words."""

    @classmethod
    def of(cls, operation: Operation) -> Waiting | None:
        """Return what is kept with an operation; None where its question was sent in its turn."""
        return cls.model_validate(operation.details) if operation.details else None

    @property
    def is_held(self) -> bool:
        """Whether somebody waits to send it."""
        return self.holder is not None and self.held_until > time.time()

    def seconds(self) -> float:
        """Return in how many seconds it should be its turn."""
        return max(1.0, self.due - time.time())

    def refusal(self) -> NoAnswer | None:
        """Return why it was not taken."""
        if self.refused is None:
            return None
        known = {NoAccess.name: NoAccess(), NotFound.name: NotFound(is_space=True)}
        return known.get(self.refused, Failed(reason=self.reason))

    def kept(self) -> dict[str, Any]:
        """Return it as the ledger keeps it."""
        return self.model_dump(mode="json")


class _NotHeld(Exception):
    """Somebody else has the question now, or it was withdrawn."""


@dataclass(kw_only=True)
class Hold:
    """The right to send one question."""

    turn: Turn
    run_id: str
    known: Waiting
    """What the ledger keeps."""
    _changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @asynccontextmanager
    async def held(self, sending: Sending) -> AsyncIterator[None]:
        """Hold the question while the block runs, unless somebody else does.

        Raises:
            _NotHeld: somebody else does.
        """
        await self.change(holder=uuid4().hex, held_until=time.time() + _HELD_SECONDS, place=None)
        beating = asyncio.create_task(self._beat(sending))
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            with suppress(_NotHeld):
                await self.change(holder=None, held_until=0.0)

    async def change(self, **fields: Any) -> None:
        """Change what the ledger keeps.

        Raises:
            _NotHeld: it is not as this process knows it.
        """
        async with self._changing:
            new = self.known.model_copy(update=fields)
            keep = self.turn.operations.keep
            if not await keep(self.run_id, details=new.kept(), expected=self.known.kept()):
                raise _NotHeld
            self.known = new

    async def before_sending(self) -> None:
        """Write down that it may be asked from now on: who comes after looks for it first."""
        since = self.known.may_be_asked_since or time.time()
        await self.change(may_be_asked_since=since, held_until=time.time() + _HELD_SECONDS)

    async def _beat(self, sending: Sending) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            due = sending.due or self.known.due
            await self.change(held_until=time.time() + _HELD_SECONDS, due=due)


async def queue(throttled: Throttled, telling: Telling, *, turn: Turn) -> Deferred:
    """Return a question whose turn does not come within the turn as an operation."""
    seconds = throttled.seconds or _USUAL_SECONDS
    waiting = Waiting(
        question=telling.question,
        turn_id=turn.turn_id,
        due=time.time() + seconds,
        conversation_id=ThreadMemory(memory=turn.memory).conversation_id(telling.space.name),
        place=throttled.place,
    )
    operation = await turn.operations.adopt(
        kind=KIND,
        title=title_of(telling.question),
        job=telling.space.name,
        parameters={"question": telling.question},
        started=Started(run_id=f"queued-{uuid4().hex}", state=QUEUED),
        details=waiting.kept(),
    )
    go_on(operation, telling.settings, space=telling.space, turn=turn)
    return telling.put_off(Queued(seconds=waiting.seconds()), operation)


async def queued_before(telling: Telling, *, turn: Turn) -> Deferred | None:
    """Return the question as it was handed back by an attempt at this turn that was interrupted."""
    if not turn.is_resumed:
        return None
    for operation in await turn.operations.list(kind=KIND):
        waiting = Waiting.of(operation)
        if waiting is None or operation.job != telling.space.name:
            continue
        if (waiting.turn_id, waiting.question) == (turn.turn_id, telling.question):
            go_on(operation, telling.settings, space=telling.space, turn=turn)
            return telling.put_off(Queued(seconds=waiting.seconds()), operation)
    return None


def go_on(
    operation: Operation, settings: GenieSettings, *, space: ConfiguredSpace, turn: Turn
) -> None:
    """Wait for the turn of a question that nobody waits for, and send it, after this turn."""
    waiting = Waiting.of(operation)
    if waiting is None or waiting.sent_as or waiting.is_held or operation.is_final:
        return
    work = partial(_send, operation, settings=settings, space=space)
    turn.afterwards(work, seconds=LONGEST_SECONDS)


async def _send(
    operation: Operation, turn: Turn, *, settings: GenieSettings, space: ConfiguredSpace
) -> None:
    """Send a question when it is its turn, and write down where it is then."""
    waiting = Waiting.of(operation)
    assert waiting is not None, "only what waits is sent after its turn"
    hold = Hold(turn=turn, run_id=operation.run_id, known=waiting)
    sending = Sending(place=waiting.place, before=hold.before_sending)
    client = await GenieClient.of(turn, settings, at_most=settings.timeout_seconds, sending=sending)
    asked = Question(
        text=waiting.question,
        space_id=space.settings.space_id,
        conversation_id=waiting.conversation_id,
        may_be_asked_since=waiting.may_be_asked_since,
    )
    with suppress(_NotHeld):
        async with hold.held(sending):
            await _sent(asked, client, hold)


async def _sent(asked: Question, client: GenieClient, hold: Hold) -> None:
    try:
        at = await ask(asked, client)
    except Unanswered as fault:
        # What is no end is tried again by who looks at it next.
        if fault.outcome.is_end:
            reason = getattr(fault.outcome, "reason", "")
            await hold.change(refused=fault.outcome.name, reason=reason)
        return
    await hold.change(sent_as=f"{at.conversation_id}:{at.message_id}")


def message_of(sent_as: str, space: ConfiguredSpace) -> MessageRef:
    """Return where a message is that was written down as conversation and message."""
    conversation_id, _, message_id = sent_as.partition(":")
    return MessageRef(
        space_id=space.settings.space_id, conversation_id=conversation_id, message_id=message_id
    )
