"""What can be asked of the server, over HTTP."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from fastapi import APIRouter, Depends, Request, Response

from lakevisor.config import ServingSettings
from lakevisor.errors import LakevisorError
from lakevisor.serving import documents
from lakevisor.serving.answers import as_json, as_stream
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
    correlation_id,
    idempotency_key,
    read_json,
    takes_comments,
    wants_messages_only,
)
from lakevisor.serving.response_routes import ResponseRoutes
from lakevisor.serving.response_stream import JsonObject
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

HEALTH, READY = "/health", "/ready"
"""What is answered at once, whatever the process still does."""


@dataclass(frozen=True, kw_only=True)
class Routes:
    """The handlers of one server."""

    opened: OpenedInBackground
    identities: Identities
    settings: ServingSettings

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter(dependencies=[Depends(refuse_other_sites), Depends(self._wait)])
        for path in RESPONSE_PATHS:
            router.add_api_route(
                path, self.respond, methods=["POST"], **documents.respond(path, RESPONSE_PATHS[0])
            )
        router.include_router(self._responses.router())
        for each in (Possessions, ResponseDownloads):
            router.include_router(each(opened=self.opened, identities=self.identities).router())
        router.add_api_route(HEALTH, self.health, methods=["GET"], **documents.HEALTH)
        router.add_api_route(READY, self.ready, methods=["GET"], **documents.READY)
        return router

    async def respond(self, request: Request) -> Response:
        """Answer a request, as a whole or as a stream of events."""
        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        body = RequestBody.read(await read_json(request, max_bytes=self.settings.max_body_bytes))
        if is_description(body):
            return _at_once(description(body, supervisor.registry), body)
        if is_title_request(body):
            return _at_once(title_events(body), body)
        if body.background:
            return await self._responses.accept(request, body, caller)
        response = TurnResponse(
            supervisor=supervisor,
            request=body.request(idempotency_key=idempotency_key(request, body)),
            caller=caller,
            model=body.model,
            correlation_id=correlation_id(request),
            only_messages=wants_messages_only(request),
        )
        if not body.stream:
            return as_json(await response.whole())
        seconds = self.settings.keep_alive_seconds if takes_comments(request) else None
        return as_stream(server_sent(await response.begun(), keep_alive_seconds=seconds))

    async def _wait(self, request: Request) -> None:
        """Hold a request that comes while this process, unlike others, still opens."""
        if request.url.path not in (HEALTH, READY):
            await self.opened.tried()

    @cached_property
    def _responses(self) -> ResponseRoutes:
        return ResponseRoutes(
            opened=self.opened, identities=self.identities, settings=self.settings
        )

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


def _at_once(told: Iterable[JsonObject], body: RequestBody) -> Response:
    """Return an answer for which nothing has to be done."""
    events = [*told]
    return as_stream(as_data(events)) if body.stream else as_json(events[-1]["response"])
