"""Works on one response in the background, and writes down what its client is to be told."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from lakevisor.errors import (
    LakebaseError,
    LeaseLost,
    ServerBusy,
    ThreadBusy,
    TooManyAttempts,
    TurnRunning,
)
from lakevisor.ledger import ResponseRecord, Responses, Written
from lakevisor.ledger.responses import Status
from lakevisor.ledger.turn_operations import operation_of
from lakevisor.serving.background_request import BackgroundRequest
from lakevisor.serving.failures import failure_of
from lakevisor.serving.response_stream import BEGINNINGS, JsonObject, ResponseStream
from lakevisor.serving.turn_response import log_failure
from lakevisor.supervisor import Caller
from lakevisor_plugin import Event, Progress, TextDelta, TurnFinished, TurnStarted

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

logger = logging.getLogger(__name__)

WRITE_SECONDS = 0.2
"""How long events are gathered before they are written together."""
SIGN_OF_LIFE_SECONDS = 1.0
"""At least so often a response is written to, which also shows whether its end is asked for."""
MOST_BYTES = 2_000_000
"""From so many bytes of events on, text is not written as it comes, and progress not at all."""
MOST_ATTEMPTS = 3
"""How often work may begin: a request that kills its process must not kill them all."""
NOT_NOW = (TurnRunning, ThreadBusy, ServerBusy, LeaseLost, LakebaseError)
"""What another attempt, or another process, may not meet again."""


@dataclass(kw_only=True)
class Recording:
    """One attempt at a response that this process has taken."""

    supervisor: Supervisor
    taken: ResponseRecord
    caller: Caller
    tell_written: Callable[[], None]
    """Is called when there is something new to read."""
    _heard: list[Event] = field(default_factory=list, init=False)
    """What the turn has said and nobody was told."""
    _is_finished: bool = field(default=False, init=False)
    _unwritten: list[JsonObject] = field(default_factory=list, init=False)
    _bytes: int = field(default=0, init=False)
    _written_at: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """Work on the response to its end, or leave it to the next attempt."""
        self._request = BackgroundRequest.of(self.taken)
        try:
            self._stream = await self._continued()
            if self.taken.cancel_requested_at is not None and not await self._is_answered():
                await self._end_cancelled()
            elif self.taken.attempts >= MOST_ATTEMPTS:
                await self._end_failed(TooManyAttempts(MOST_ATTEMPTS))
            else:
                await self._work()
        except LeaseLost:
            logger.warning(
                "Another process works on a response.", extra={"action": "response_lost"}
            )
        except LakebaseError as error:
            logger.warning(
                "A response is left for now: %s", error.message, extra={"action": "response_left"}
            )
        finally:
            # Of no effect where it has ended. Where Lakebase is away it is free by itself in time.
            with suppress(LakebaseError):
                await asyncio.shield(self._responses.release(self.taken))
            self.tell_written()

    async def _continued(self) -> ResponseStream:
        key = self.taken.thread_key, self.taken.turn_id
        told: list[Any] = []
        while more := await self._responses.events(*key, after=len(told) - 1):
            told += more
        self._bytes = sum(len(json.dumps(each)) for each in told)
        return ResponseStream.continued(
            self._request.response_id(self.taken.owner),
            told,
            model=self._request.model,
            only_messages=self._request.only_messages,
        )

    async def _work(self) -> None:
        """Let the turn run, and write down what it says while it does."""
        turn = asyncio.create_task(self._listen(), name=f"listening {self.taken.turn_id}")
        try:
            while not turn.done():
                await asyncio.wait({turn}, timeout=WRITE_SECONDS)
                await self._write_in_time()
                if self.taken.cancel_requested_at is not None:
                    break
        finally:
            turn.cancel()
            await asyncio.wait({turn})
        if turn.cancelled():
            await self._after_cancel()
        else:
            await self._after(turn.exception())

    async def _listen(self) -> None:
        request = self._request.request
        events = self.supervisor.stream(request, caller=self.caller, outlives_client=False)
        async with aclosing(cast("Any", events)):
            async for event in events:
                self._hear(event)

    def _hear(self, event: Event) -> None:
        self._is_finished |= isinstance(event, TurnFinished)
        if not (isinstance(event, Progress) and self._is_long):
            self._heard.append(event)

    @property
    def _is_long(self) -> bool:
        return self._bytes > MOST_BYTES

    async def _after(self, error: BaseException | None) -> None:
        if error is None:
            await self._write("completed")
        elif not isinstance(error, NOT_NOW):
            await self._end_failed(error)

    async def _after_cancel(self) -> None:
        """End what was to be cancelled; what ended with its server goes on elsewhere."""
        if self.taken.cancel_requested_at is None:
            return
        if not await self._is_answered():
            await self._end_cancelled()
            return
        if not self._is_finished:
            await self._write()
            self._stream = await self._continued()
            await self._listen()
        await self._write("completed")

    async def _is_answered(self) -> bool:
        turns = self.supervisor.ledger.turns
        return await turns.answer(self.taken.thread_key, self.taken.turn_id) is not None

    async def _end_cancelled(self) -> None:
        self._say(is_over=True)
        self._unwritten += self._stream.cancel(await self._custom_outputs())
        await self._write("cancelled")

    async def _end_failed(self, error: BaseException) -> None:
        failure, correlation_id = failure_of(error), self._request.correlation_id
        log_failure(error, failure, correlation_id=correlation_id)
        self._say(is_over=True)
        self._unwritten += self._stream.fail(
            code=failure.code,
            message=failure.message,
            correlation_id=correlation_id,
            custom_outputs=await self._custom_outputs(),
        )
        await self._write("failed")

    async def _custom_outputs(self) -> JsonObject:
        """Return what programs read of a turn without an answer: what it has started.

        `unresolved` is what it was about to start when it was stopped; the sweep finds out.
        """
        found = await self.supervisor.ledger.operations.list(
            self.taken.owner, thread_key=self.taken.thread_key, turn_id=self.taken.turn_id
        )
        started = [operation_of(each) for each in found if each.run_id is not None]
        unresolved = [each for each in found if each.run_id is None and each.is_open]
        return {
            "thread_id": self.taken.thread_id,
            "operations": [each.model_dump(mode="json") for each in started],
            "unresolved": [
                {"agent": each.agent, "kind": each.kind, "title": each.title} for each in unresolved
            ],
        }

    async def _write_in_time(self) -> None:
        """Write what is new, or show a sign of life; where Lakebase is away, later."""
        is_quiet = self._is_long or not (self._heard or self._unwritten)
        if is_quiet and time.monotonic() - self._written_at < SIGN_OF_LIFE_SECONDS:
            return
        try:
            await self._write(is_over=False)
        except LakebaseError as error:
            # What is not written yet is written with what comes next.
            logger.warning(
                "Events could not be written: %s", error.message, extra={"action": "events_late"}
            )

    async def _write(self, end: Status | None = None, *, is_over: bool = True) -> None:
        self._say(is_over=is_over)
        is_begun = any(each["type"] in BEGINNINGS for each in self._unwritten)
        status = end or ("in_progress" if is_begun else None)
        self.taken = await self._responses.write(
            self.taken,
            self._unwritten,
            seconds=self.supervisor.settings.turn.lease_seconds,
            written=Written(status=status, is_begun=is_begun),
        )
        self._written_at = time.monotonic()
        self._bytes += sum(len(json.dumps(each)) for each in self._unwritten)
        self._unwritten.clear()
        self.tell_written()

    def _say(self, *, is_over: bool) -> None:
        """Turn what was heard into events; in a long response text waits for its end."""
        heard = joined(self._heard)
        waiting: list[Event] = []
        if self._is_long and not is_over and heard and isinstance(heard[-1], TextDelta):
            waiting = [heard.pop()]
        self._heard[:] = waiting
        for event in heard:
            self._unwritten += self._shown(event)

    def _shown(self, event: Event) -> Iterable[JsonObject]:
        if isinstance(event, TurnStarted):
            attempt = self.taken.attempts + 1
            return self._stream.start(attempt=attempt, thread_id=self.taken.thread_id)
        return self._stream.show(event)

    @property
    def _responses(self) -> Responses:
        return self.supervisor.ledger.responses


def joined(events: Iterable[Event]) -> list[Event]:
    """Return events in which pieces of text that follow each other are one."""
    told: list[Event] = []
    for event in events:
        last = told[-1] if told else None
        if (
            isinstance(event, TextDelta)
            and isinstance(last, TextDelta)
            and event.agent == last.agent
        ):
            told[-1] = TextDelta(agent=last.agent, text=last.text + event.text)
        else:
            told.append(event)
    return told
