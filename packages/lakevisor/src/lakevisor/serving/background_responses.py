"""Responses that are not waited for: accepted, looked at, streamed from any place, cancelled."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from lakevisor.config import ServingSettings
from lakevisor.errors import LakebaseError
from lakevisor.ledger import ResponseRecord, Responses
from lakevisor.serving.background_request import BackgroundRequest
from lakevisor.serving.background_worker import BackgroundWorker, key_of
from lakevisor.serving.identity import Identities
from lakevisor.serving.response_id import ResponseId
from lakevisor.serving.response_stream import JsonObject, ResponseStream
from lakevisor.supervisor import Caller, Request

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

logger = logging.getLogger(__name__)

CANCEL_SECONDS = 5.0
"""How long a request to cancel waits for the end."""


@dataclass(frozen=True, kw_only=True)
class BackgroundResponses:
    """The responses of all callers; each is found by its owner alone."""

    supervisor: Supervisor
    worker: BackgroundWorker
    open_per_person: int

    @classmethod
    @asynccontextmanager
    async def opened(cls, supervisor: Supervisor, settings: ServingSettings) -> AsyncIterator[Self]:
        """Work on responses while the block runs."""
        identities = Identities(settings)
        worker = BackgroundWorker(
            supervisor=supervisor,
            at_once=settings.background.at_once,
            caller_of=lambda owner: identities.absent(owner, supervisor.workspace),
            only_owner=identities.only_owner(supervisor.workspace),
        )
        working = asyncio.create_task(worker.work(), name="background responses")
        open_per_person = settings.background.open_per_person
        try:
            yield cls(supervisor=supervisor, worker=worker, open_per_person=open_per_person)
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            await worker.close()

    async def accept(self, request: BackgroundRequest, caller: Caller) -> ResponseRecord:
        """Write a request down, to be worked on as soon as there is room.

        Raises:
            RequestError: it cannot be taken; nothing was done.
        """
        self.supervisor.check(request.request)
        owner = caller.owner_in(self.supervisor.workspace)
        stream = ResponseStream(
            request.response_id(owner), model=request.model, only_messages=request.only_messages
        )
        start = request.start(caller, owner)
        record = await self._responses.accept(
            start, [*stream.queue()], most_open=self.open_per_person
        )
        self._look_after(record, caller)
        return record

    async def find(self, text: str, caller: Caller) -> ResponseRecord | None:
        """Return a response of the caller, where it is one in the background."""
        try:
            response_id = ResponseId.read(text)
        except ValueError:
            return None
        request = Request(text="", thread_id=response_id.thread_id)
        key = request.thread_key(caller.owner_in(self.supervisor.workspace))
        record = await self._responses.get(key, response_id.turn_id)
        if record is not None:
            self._look_after(record, caller)
        return record

    async def shown(self, record: ResponseRecord) -> JsonObject:
        """Return a response as it stands: what it says, once it has ended."""
        key = key_of(record)
        if record.ended_at is not None:
            last: Any = await self._responses.last_event(*key)
            return {**last["response"], "background": True}
        first: Any = await self._responses.events(*key, limit=1)
        return {**first[0]["response"], "status": record.status, "background": True}

    async def told(
        self, record: ResponseRecord, caller: Caller, *, after: int
    ) -> AsyncIterator[JsonObject]:
        """Yield the events behind a place, as they come, until the response has ended."""
        response_id = str(ResponseId(thread_id=record.thread_id, turn_id=record.turn_id))
        while True:
            try:
                now = await self._responses.get(*key_of(record))
                more: Any = await self._responses.events(*key_of(record), after=after)
            except LakebaseError as error:
                logger.warning(
                    "A stream waits: %s", error.message, extra={"action": "stream_waits"}
                )
                await self.worker.wait_for_news(key_of(record))
                continue
            for event in more:
                after = event["sequence_number"]
                yield {**event, "response_id": response_id}
            if more:
                continue
            if now is None or now.ended_at is not None:
                return
            self._look_after(now, caller)
            await self.worker.wait_for_news(key_of(record))

    async def cancel(self, record: ResponseRecord, caller: Caller) -> ResponseRecord:
        """Ask for the end of a response, and return it as it stands then.

        It may have ended otherwise by then, or not at all yet, where another process that works
        on it does not answer.
        """
        key = key_of(record)
        until = time.monotonic() + CANCEL_SECONDS
        now = await self._responses.request_cancel(*key)
        while now is not None and now.ended_at is None and time.monotonic() < until:
            self._look_after(now, caller)
            await self.worker.wait_for_news(key)
            now = await self._responses.get(*key)
        return now or record

    def _look_after(self, record: ResponseRecord, caller: Caller) -> None:
        """Take it up here where nobody works on it: its process may have died."""
        if record.ended_at is None and not record.is_held:
            self.worker.offer(record, caller)

    @property
    def _responses(self) -> Responses:
        return self.supervisor.ledger.responses
