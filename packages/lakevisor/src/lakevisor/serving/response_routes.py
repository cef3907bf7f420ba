"""A response after its request: looked at, streamed, cancelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from lakevisor.config import ServingSettings
from lakevisor.errors import InvalidRequest
from lakevisor.serving import documents
from lakevisor.serving.answers import as_json, as_stream
from lakevisor.serving.background_request import BackgroundRequest
from lakevisor.serving.identity import Identities
from lakevisor.serving.opening import OpenedInBackground
from lakevisor.serving.request_body import RequestBody
from lakevisor.serving.request_reading import (
    correlation_id,
    idempotency_key,
    takes_comments,
    wants_messages_only,
)
from lakevisor.serving.stored_response import stored_response
from lakevisor.serving.turn_response import server_sent
from lakevisor.supervisor import Caller

PATHS = ("/responses/{response_id}", "/v1/responses/{response_id}")
FROM_THE_BEGINNING = -1
NOT_IN_BACKGROUND = "Only a response in the background can be {}; send background: true."
After = Annotated[int | None, Query(ge=0, description="Only the events behind this one.")]


@dataclass(frozen=True, kw_only=True)
class ResponseRoutes:
    """The handlers for responses that are asked for by their id."""

    opened: OpenedInBackground
    identities: Identities
    settings: ServingSettings

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        for path in PATHS:
            router.add_api_route(path, self.retrieve, methods=["GET"], **documents.retrieve(path))
            end = f"{path}/cancel"
            router.add_api_route(end, self.cancel, methods=["POST"], **documents.cancel(end))
        return router

    async def accept(self, request: Request, body: RequestBody, caller: Caller) -> Response:
        """Take a request to be worked on in the background, and say how it stands."""
        background = self.opened.background
        kept = BackgroundRequest(
            request=body.request(idempotency_key=idempotency_key(request, body)),
            model=body.model,
            only_messages=wants_messages_only(request),
            correlation_id=correlation_id(request),
        )
        record = await background.accept(kept, caller)
        if not body.stream:
            return as_json(await background.shown(record))
        events = background.told(record, caller, after=FROM_THE_BEGINNING)
        return as_stream(server_sent(events, keep_alive_seconds=self._pause(request)))

    async def retrieve(
        self,
        request: Request,
        response_id: str,
        stream: Annotated[bool, Query(description="Its events instead, as they come.")] = False,
        starting_after: After = None,
    ) -> Response:
        """Return the response of an earlier request of the caller, or its events."""
        supervisor, background = self.opened.supervisor, self.opened.background
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        record = await background.find(response_id, caller)
        if starting_after is not None and not stream:
            raise InvalidRequest("starting_after is for streams alone; send stream=true.")
        if record is None:
            stored = await stored_response(response_id, supervisor, caller)
            if stream:
                raise InvalidRequest(NOT_IN_BACKGROUND.format("streamed again"))
            return as_json(stored)
        if not stream:
            return as_json(await background.shown(record))
        after = FROM_THE_BEGINNING if starting_after is None else starting_after
        events = background.told(record, caller, after=after)
        return as_stream(server_sent(events, keep_alive_seconds=self._pause(request)))

    async def cancel(self, request: Request, response_id: str) -> Response:
        """Ask for the end of a response in the background, and say how it stands."""
        supervisor, background = self.opened.supervisor, self.opened.background
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        record = await background.find(response_id, caller)
        if record is None:
            await stored_response(response_id, supervisor, caller)
            raise InvalidRequest(NOT_IN_BACKGROUND.format("cancelled"))
        return as_json(await background.shown(await background.cancel(record, caller)))

    def _pause(self, request: Request) -> float | None:
        return self.settings.keep_alive_seconds if takes_comments(request) else None
