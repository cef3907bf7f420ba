"""One turn as one response: its events for a stream, or its end alone."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakevisor.errors import LakevisorError, ServerStopping
from lakevisor.serving.failures import Failure, failure_of
from lakevisor.serving.response_id import ResponseId
from lakevisor.serving.response_stream import JsonObject, ResponseStream
from lakevisor.supervisor import Caller, Request
from lakevisor_plugin import Event

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

logger = logging.getLogger(__name__)

KEEP_ALIVE = ": keep-alive\n\n"
"""A comment, which clients of server-sent events pass over."""
END = "data: [DONE]\n\n"


@dataclass(frozen=True, kw_only=True)
class TurnResponse:
    """A request on its way to becoming a response."""

    supervisor: Supervisor
    request: Request
    caller: Caller
    model: str
    """What the client called, as it is named in the answer."""
    correlation_id: str
    only_messages: bool
    """Whether the client gets messages alone; see `ResponseStream`."""

    async def whole(self) -> JsonObject:
        """Work on the request to its end and return the response.

        Raises:
            LakevisorError: as `Supervisor.stream`.
        """
        stream, told = self._stream(), list[JsonObject]()
        async for event in self._events():
            told = [*stream.show(event)] or told
        response: JsonObject = told[-1]["response"]
        return response

    async def begun(self) -> AsyncIterator[JsonObject]:
        """Begin the turn, and return what a stream of it says.

        Raises:
            LakevisorError: the request was not taken; nothing has been streamed.
        """
        events = self._events()
        return self._told(await anext(events), events)

    async def _told(self, first: Event, events: AsyncIterator[Event]) -> AsyncIterator[JsonObject]:
        stream = self._stream()
        for told in stream.begin():
            yield told
        for told in stream.show(first):
            yield told
        try:
            async for event in events:
                for told in stream.show(event):
                    yield told
        # The client must be told of whatever ends its answer; what is no error of ours is a bug.
        except Exception as error:  # noqa: BLE001 - logged with its traceback
            for told in self._failed(error, stream):
                yield told

    def _failed(self, error: Exception, stream: ResponseStream) -> Iterator[JsonObject]:
        failure = failure_of(error)
        log_failure(error, failure, correlation_id=self.correlation_id)
        return stream.fail(
            code=failure.code, message=failure.message, correlation_id=self.correlation_id
        )

    async def _events(self) -> AsyncIterator[Event]:
        """Yield the turn's events; the turn goes on when nobody reads them any more."""
        try:
            async for event in self.supervisor.stream(self.request, caller=self.caller):
                yield event
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            # Not we were cancelled, but the turn was: the server ends.
            raise ServerStopping from None

    def _stream(self) -> ResponseStream:
        owner = self.caller.owner_in(self.supervisor.workspace)
        response_id = ResponseId(
            thread_id=self.request.thread_of(owner), turn_id=self.request.turn_id
        )
        return ResponseStream(str(response_id), model=self.model, only_messages=self.only_messages)


def log_failure(error: BaseException, failure: Failure, *, correlation_id: str) -> None:
    """Write down what a client was not told in full; a bug with its traceback."""
    details: dict[str, Any] = {"action": "request_failed", "correlation_id": correlation_id}
    if isinstance(error, LakevisorError):
        words = f"{type(error).__name__}: {error.message}"
        logger.warning("Request %s: %s", correlation_id, words, extra=details)
    else:
        message = "Request %s failed with a bug (%s)."
        logger.error(message, correlation_id, failure.code, exc_info=error, extra=details)


async def server_sent(
    events: AsyncIterator[JsonObject], *, keep_alive_seconds: float | None
) -> AsyncIterator[str]:
    """Yield events as server-sent events, data lines alone, as Databricks' endpoints write them.

    Args:
        events: of one response.
        keep_alive_seconds: after so long without an event a comment is sent; None: never.
    """
    following = asyncio.ensure_future(_next(events))
    try:
        while True:
            done, _ = await asyncio.wait({following}, timeout=keep_alive_seconds)
            if not done:
                yield KEEP_ALIVE
                continue
            event = following.result()
            if event is None:
                break
            following = asyncio.ensure_future(_next(events))
            yield _data(event)
        yield END
    finally:
        following.cancel()


def as_data(events: Iterable[JsonObject]) -> Iterator[str]:
    """Yield events that are all there as server-sent events."""
    yield from map(_data, events)
    yield END


def _data(event: JsonObject) -> str:
    return f"data: {json.dumps(event)}\n\n"


async def _next(events: AsyncIterator[JsonObject]) -> JsonObject | None:
    return await anext(events, None)
