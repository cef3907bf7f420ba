"""The area under `/local/`: what no real workspace has. For admins; only `health` is open."""

from __future__ import annotations

import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.admin.faults import Faults
from local_workspace.admin.recorder import Recorder
from local_workspace.area import json_body
from local_workspace.errors import InvalidParameter
from local_workspace.identity import Identity


class LakebaseSwitches(Protocol):
    """What the admin calls can do to Lakebase."""

    def kill_connections(self) -> Any:
        """Break every open connection, as a failover does."""

    def restart(self) -> Any:
        """Stop PostgreSQL and start it again."""

    def stop(self) -> Any:
        """Stop PostgreSQL."""

    def start(self) -> Any:
        """Start PostgreSQL where it does not run."""


class Admin:
    """Faults, the recorder, tokens on request, and Lakebase's switches."""

    def __init__(self, *, identity: Identity, lakebase: LakebaseSwitches) -> None:
        self.faults = Faults()
        self.recorder = Recorder()
        self._identity = identity
        self._lakebase = lakebase

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes under `/local/`."""
        post, get, delete = ["POST"], ["GET"], ["DELETE"]
        return [
            Route("/local/health", _health),
            *self.faults.rules.routes("/local/faults", name="faults"),
            Route("/local/requests", self._list_requests, methods=get),
            Route("/local/requests", self._clear_requests, methods=delete),
            Route("/local/tokens/{action}", self._tokens, methods=post),
            *(
                Route(f"/local/lakebase/{name}", _switch(switch), methods=post)
                for name, switch in self._switches().items()
            ),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: what is asked for here is forgotten with the server."""
        yield

    async def _list_requests(self, request: Request) -> Response:
        asked = request.query_params
        found = self.recorder.found(path=asked.get("path", "*"), method=asked.get("method", "*"))
        return JSONResponse({"requests": found})

    async def _clear_requests(self, _: Request) -> Response:
        self.recorder.clear()
        return JSONResponse({})

    async def _tokens(self, request: Request) -> Response:
        body = await json_body(request)
        tokens, action = self._identity.tokens, request.path_params["action"]
        if action == "revoke" and "token" in body:
            tokens.revoke(str(body["token"]))
            return JSONResponse({})
        user_name = str(body.get("user_name", ""))
        actions = {
            "revoke": tokens.revoke_all,
            "expire": tokens.expire_signed,
            "restore": tokens.restore,
        }
        if action not in actions or self._identity.find(user_name) is None:
            raise InvalidParameter("Give one of revoke, expire, restore and a known user_name.")
        actions[action](user_name)
        return JSONResponse({})

    def _switches(self) -> Mapping[str, Callable[[], Any]]:
        return {
            "kill-connections": self._lakebase.kill_connections,
            "restart": self._lakebase.restart,
            "stop": self._lakebase.stop,
            "start": self._lakebase.start,
        }


def _switch(switch: Callable[[], Any]) -> Callable[[Request], Awaitable[Response]]:
    async def call(_: Request) -> Response:
        return JSONResponse({"result": await _called(switch)})

    return call


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok", "pid": os.getpid()})


async def _called(switch: Callable[[], Awaitable[Any] | Any]) -> Any:
    if inspect.iscoroutinefunction(switch):
        return await switch()
    return await run_in_threadpool(switch)
