"""Requests to a served model: to the process that has the traffic, and back, piece by piece."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of
from local_workspace.documents import Documents
from local_workspace.errors import ApiError, InvalidParameter, NotFound
from local_workspace.model_serving.endpoints import Endpoints
from local_workspace.model_serving.model_servers import (
    BuildFailed,
    ModelServer,
    ModelServers,
    StartFailed,
)

_LONGEST_BODY = 4 * 1024 * 1024
"""Bytes that a request to an agent may have."""
_SECONDS = 297
"""How long a request may take."""


class Invocations:
    """The gateway in front of the models' processes."""

    def __init__(self, documents: Documents, endpoints: Endpoints, servers: ModelServers) -> None:
        self._documents = documents
        self._endpoints = endpoints
        self._servers = servers
        self._client = httpx.AsyncClient(trust_env=False, timeout=_SECONDS)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes that no model of the workspace itself has."""
        one = "/serving-endpoints/{name}/served-models/{entity}/invocations"
        return [
            Route(one, self._ask_one, methods=["POST"]),
            Route("/serving-endpoints/responses", self._ask_named, methods=["POST"]),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the connections to the models' processes."""
        try:
            yield
        finally:
            await self._client.aclose()

    def has(self, name: object) -> bool:
        """Whether there is an endpoint of that name with a model of one's own."""
        return isinstance(name, str) and self._documents.get(name) is not None

    async def ask(self, request: Request, name: str, *, entity_name: str | None = None) -> Response:
        """Return the answer of an endpoint's model to a request.

        Raises:
            NotFound: there is no such endpoint, or entity in it.
            PermissionDenied: the caller may not query it.
            InvalidParameter: the body is too large.
        """
        endpoint = self._endpoints.require(caller_of(request), name, "CAN_QUERY")
        body = await request.body()
        if len(body) > _LONGEST_BODY:
            raise InvalidParameter(
                f"Request size cannot exceed {_LONGEST_BODY} bytes.",
                error_code="BAD_REQUEST",
                status=413,
            )
        try:
            server = await self._servers.ensure(endpoint, _entity(endpoint, entity_name))
        except (BuildFailed, StartFailed) as error:
            raise ApiError(
                f"The served entity is not ready: {error}",
                error_code="TEMPORARILY_UNAVAILABLE",
                status=503,
            ) from error
        return await self._forward(request, server, body)

    async def _ask_one(self, request: Request) -> Response:
        path = request.path_params
        return await self.ask(request, path["name"], entity_name=path["entity"])

    async def _ask_named(self, request: Request) -> Response:
        """Answer the Responses API, whose requests name their endpoint as the model."""
        try:
            name = json.loads(await request.body())["model"]
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidParameter("The request must name its model.") from error
        return await self.ask(request, str(name))

    async def _forward(self, request: Request, server: ModelServer, body: bytes) -> Response:
        headers = {
            "Content-Type": request.headers.get("content-type", "application/json"),
            "X-Local-Request-Id": str(uuid4()),
        }
        if server.acts_as_user:
            _, _, token = request.headers["authorization"].partition(" ")
            headers["X-Local-Invoker-Token"] = token.strip()
        url = f"http://127.0.0.1:{server.port}/invocations"
        asked = self._client.build_request("POST", url, content=body, headers=headers)
        try:
            answer = await self._client.send(asked, stream=True)
        except httpx.TimeoutException as error:
            message = f"The model did not answer in {_SECONDS} seconds."
            raise ApiError(message, error_code="DEADLINE_EXCEEDED", status=504) from error
        except httpx.HTTPError as error:
            message = "The model's process ended before it answered. See the server logs."
            raise ApiError(message, error_code="BAD_REQUEST", status=502) from error
        return StreamingResponse(
            _pieces(answer),
            status_code=answer.status_code,
            media_type=answer.headers.get("content-type", "application/json"),
            headers={"x-request-id": headers["X-Local-Request-Id"]},
        )


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    """Yield the answer as it comes; the model is told when nobody reads it any more."""
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def _entity(endpoint: Mapping[str, Any], name: str | None) -> dict[str, Any]:
    """Return the entity that is asked for, or one by its share of the traffic."""
    config = endpoint["config"]
    if config is None:
        raise ApiError(
            f"The endpoint '{endpoint['name']}' is not ready.",
            error_code="TEMPORARILY_UNAVAILABLE",
            status=503,
        )
    if name is None:
        routes = config["traffic_config"]["routes"]
        shares = [route["traffic_percentage"] for route in routes]
        # Which of several versions answers is no secret.
        name = random.choices(routes, weights=shares)[0]["served_model_name"]  # noqa: S311
    for entity in config["served_entities"]:
        if entity["name"] == name:
            found: dict[str, Any] = entity
            return found
    raise NotFound(f"Served entity '{name}' does not exist in endpoint '{endpoint['name']}'.")
