"""What can be asked of the server, over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from lakevisor.config import ServingSettings
from lakevisor.errors import InvalidRequest, LakevisorError
from lakevisor.serving import documents
from lakevisor.serving.chat_titles import is_title_request, title_events
from lakevisor.serving.description import description, is_description
from lakevisor.serving.downloads import ResponseDownloads
from lakevisor.serving.failures import failure_of
from lakevisor.serving.identity import Identities
from lakevisor.serving.opening import OpenedInBackground
from lakevisor.serving.other_sites import refuse_other_sites
from lakevisor.serving.possessions import Possessions
from lakevisor.serving.request_body import RequestBody
from lakevisor.serving.request_reading import (
    asks_again_without_an_id,
    correlation_id,
    read_json,
    takes_comments,
    wants_messages_only,
)
from lakevisor.serving.response_stream import JsonObject
from lakevisor.serving.stored_response import stored_response
from lakevisor.serving.turn_response import TurnResponse, as_data, server_sent

RESPONSE_PATHS = (
    "/responses",
    "/v1/responses",
    "/invocations",
    "/serving-endpoints/responses",
    "/serving-endpoints/{name}/invocations",
    "/endpoints/{name}/invocations",
)
"""Where the clients of OpenAI, MLflow and Databricks send a request; all do the same."""


@dataclass(frozen=True, kw_only=True)
class Routes:
    """The handlers of one server."""

    opened: OpenedInBackground
    identities: Identities
    settings: ServingSettings

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(dependencies=[Depends(refuse_other_sites)])
        for path in RESPONSE_PATHS:
            router.add_api_route(
                path, self.respond, methods=["POST"], **documents.respond(path, RESPONSE_PATHS[0])
            )
        for path in ("/responses/{response_id}", "/v1/responses/{response_id}"):
            router.add_api_route(path, self.retrieve, methods=["GET"], **documents.retrieve(path))
        for each in (Possessions, ResponseDownloads):
            router.include_router(each(opened=self.opened, identities=self.identities).router())
        router.add_api_route("/health", self.health, methods=["GET"], **documents.HEALTH)
        router.add_api_route("/ready", self.ready, methods=["GET"], **documents.READY)
        return router

    async def respond(self, request: Request) -> Response:
        """Answer a request, as a whole or as a stream of events."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        body = RequestBody.read(await read_json(request, max_bytes=self.settings.max_body_bytes))
        if body.background:
            raise InvalidRequest("Requests in the background are not taken yet.")
        if is_description(body):
            return _at_once(description(body, supervisor.registry), body)
        if is_title_request(body):
            return _at_once(title_events(body), body)
        response = TurnResponse(
            supervisor=supervisor,
            request=body.request(idempotency_key=_idempotency_key(request, body)),
            caller=caller,
            model=body.model,
            correlation_id=correlation_id(request),
            only_messages=wants_messages_only(request),
        )
        if not body.stream:
            return as_json(await response.whole())
        seconds = self.settings.keep_alive_seconds if takes_comments(request) else None
        return as_stream(server_sent(await response.begun(), keep_alive_seconds=seconds))

    async def retrieve(self, request: Request, response_id: str) -> Response:
        """Return the response of an earlier request of the caller."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        return as_json(await stored_response(response_id, supervisor, caller))

    async def health(self) -> Response:
        """Say that the process is alive."""
        return as_json({"status": "healthy"})

    async def ready(self) -> Response:
        """Say whether a request would be answered, and why not."""
        try:
            supervisor = self.opened.supervisor
            await supervisor.checkpoints.ping()
        except LakevisorError as error:
            reason = failure_of(self.opened.problem or error)
            told = {"code": reason.code, "message": reason.message}
            return as_json({"status": "not_ready", "reasons": [told]}, status=503)
        agents = [agent.name for agent in supervisor.registry.agents]
        return as_json({"status": "ready", "agents": agents})


def _idempotency_key(request: Request, body: RequestBody) -> str | None:
    """Return the id of the request, where its client gives it one or sends the same again."""
    given = request.headers.get("idempotency-key")
    if given is None and asks_again_without_an_id(request):
        return body.repeatable_id()
    return given


def _at_once(told: Iterable[JsonObject], body: RequestBody) -> Response:
    """Return an answer for which nothing has to be done."""
    events = [*told]
    return as_stream(as_data(events)) if body.stream else as_json(events[-1]["response"])


def as_stream(lines: AsyncIterable[str] | Iterable[str]) -> Response:
    """Return an answer that comes line by line."""
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


def as_json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer; any text can be in it, also half of a surrogate pair."""
    return Response(
        json.dumps(value), status_code=status, headers=headers, media_type="application/json"
    )
