"""The area of model serving."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pydantic
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from local_workspace.area import caller_of, json_body
from local_workspace.errors import InvalidParameter
from local_workspace.model_serving import ModelServing
from local_workspace.serving import endpoints, validation
from local_workspace.serving.answer import Answer
from local_workspace.serving.chat import ChatRequest
from local_workspace.serving.embeddings import embeddings
from local_workspace.serving.rules import RuleModel
from local_workspace.serving.script import Script, ScriptedModel
from local_workspace.serving.upstream import Upstream

Complete = Callable[[list[dict[str, Any]]], Awaitable[str]]


class Serving:
    """Chat completions: a script goes first, then the model elsewhere, else the rules.

    Embeddings are hashes of the texts, whatever is configured.
    """

    def __init__(self, upstream: Upstream | None, *, served: ModelServing) -> None:
        self._upstream = upstream
        self._served = served
        self._script = ScriptedModel()
        self._rules = RuleModel()

    @property
    def complete(self) -> Complete | None:
        """The configured model as a function from messages to text; None where there is none."""
        return self._upstream.complete if self._upstream else None

    def routes(self) -> Sequence[BaseRoute]:
        """Return the endpoints, and the script under `/local/`."""
        return [
            Route("/api/2.0/serving-endpoints", self._list, methods=["GET"]),
            Route("/api/2.0/serving-endpoints/{name}", self._get, methods=["GET"]),
            Route("/serving-endpoints/chat/completions", self._completions, methods=["POST"]),
            Route("/serving-endpoints/embeddings", self._embeddings, methods=["POST"]),
            *(
                Route(f"/serving-endpoints/{name}/invocations", self._embeddings, methods=["POST"])
                for name in endpoints.EMBEDDING_NAMES
            ),
            Route("/serving-endpoints/{name}/invocations", self._completions, methods=["POST"]),
            Route("/local/model/script", self._extend_script, methods=["POST"]),
            Route("/local/model/script", self._clear_script, methods=["DELETE"]),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the connections to the model elsewhere, if there is one."""
        if self._upstream is None:
            yield
            return
        async with self._upstream.running():
            yield

    async def _list(self, request: Request) -> ASGIApp:
        names = (*endpoints.NAMES, *endpoints.EMBEDDING_NAMES)
        own = [endpoints.described(name) for name in names]
        return JSONResponse({"endpoints": [*own, *self._served.endpoints.seen(caller_of(request))]})

    async def _get(self, request: Request) -> ASGIApp:
        name = request.path_params["name"]
        served = self._served.endpoints.shown(caller_of(request), name)
        return JSONResponse(served or endpoints.described(name))

    async def _completions(self, request: Request) -> ASGIApp:
        if self._served.invocations.has(request.path_params.get("name")):
            return await self._served.invocations.ask(request, request.path_params["name"])
        body = await json_body(request)
        name = request.path_params.get("name") or body.get("model")
        if isinstance(name, str) and self._served.invocations.has(name):
            return await self._served.invocations.ask(request, name)
        endpoints.check_exists(name)
        validation.check(body)
        asked = ChatRequest({**body, "model": name})
        if scripted := self._script.reply(asked):
            return Answer(asked, scripted, model="local-workspace-script")
        if self._upstream is not None:
            return await self._upstream.answer(asked.body)
        return Answer(asked, self._rules.reply(asked), model="local-workspace-rules")

    async def _embeddings(self, request: Request) -> ASGIApp:
        body = await json_body(request)
        if request.url.path.endswith("/embeddings"):
            endpoints.check_exists(body.get("model"), among=endpoints.EMBEDDING_NAMES)
        return JSONResponse(embeddings(body))

    async def _extend_script(self, request: Request) -> ASGIApp:
        try:
            script = Script.model_validate_json(json.dumps(await json_body(request)))
        except pydantic.ValidationError as error:
            raise InvalidParameter(str(error)) from error
        return JSONResponse({"waiting": self._script.extend(script)})

    async def _clear_script(self, _: Request) -> ASGIApp:
        self._script.clear()
        return JSONResponse({})
