"""The proxy in front of an app: it knows who asks, and tells the app in headers."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext, suppress
from typing import Any
from uuid import uuid4

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from local_workspace.area import Caller
from local_workspace.errors import ApiError
from local_workspace.identity import Identity

_COOKIE = "local_workspace_token"
_LOGIN = "/.local/login"
_SECONDS = 120
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_HOP = {"connection", "host", "keep-alive", "transfer-encoding", "upgrade"}
Target = Callable[[], int | None]
"""Returns the port of the app, or None where it does not run."""
May = Callable[[Caller], bool]
"""Whether a caller may use the app."""


class Gateway:
    """A listener of an app's own, so that its paths begin at the root as on the platform."""

    def __init__(
        self,
        identity: Identity,
        *,
        workspace_id: str,
        target: Target,
        may: May,
        forwards_token: Callable[[], bool],
    ) -> None:
        self._identity = identity
        self._workspace_id = workspace_id
        self._target = target
        self._may = may
        self._forwards_token = forwards_token
        self._client = httpx.AsyncClient(trust_env=False, timeout=_SECONDS)
        self._server: uvicorn.Server | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, port: int) -> int:
        """Listen on a port, or on another one where that is taken, and return it."""
        listener = _listen(port)
        app = Starlette(
            routes=[
                Route(_LOGIN, self._login, methods=["GET"]),
                Route("/{path:path}", self._forward, methods=_METHODS),
            ],
            exception_handlers={ApiError: _refusal},
        )
        config = uvicorn.Config(
            app, access_log=False, log_config=None, lifespan="off", server_header=False, ws="none"
        )
        self._server = _WithoutSignals(config)
        self._task = asyncio.create_task(self._server.serve(sockets=[listener]))
        return int(listener.getsockname()[1])

    async def close(self) -> None:
        """Listen no more; open streams break."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = self._server.force_exit = True
            with suppress(asyncio.CancelledError):
                await self._task
        await self._client.aclose()

    async def _login(self, request: Request) -> Response:
        """Let a browser in: `/.local/login?token=...` is what a person's sign-in is elsewhere."""
        token = request.query_params.get("token", "")
        self._identity.authenticate(f"Bearer {token}")
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(_COOKIE, token, httponly=True, samesite="strict")
        return answer

    async def _forward(self, request: Request) -> Response:
        token = _token(request)
        caller = self._identity.authenticate(f"Bearer {token}" if token else None)
        if not self._may(caller):
            message = f"{caller.user_name} may not use this app."
            raise ApiError(message, error_code="PERMISSION_DENIED", status=403)
        port = self._target()
        if port is None:
            raise ApiError("App Not Available", error_code="UNAVAILABLE", status=503)
        url = httpx.URL(
            scheme="http",
            host="127.0.0.1",
            port=port,
            raw_path=_raw_path(request),
        )
        body = request.stream() if request.method not in ("GET", "HEAD") else None
        asked = self._client.build_request(
            request.method, url, headers=self._headers(request, caller, token), content=body
        )
        try:
            answer = await self._client.send(asked, stream=True)
        except httpx.TimeoutException as error:
            raise ApiError("upstream request timeout", error_code="TIMEOUT", status=504) from error
        except httpx.HTTPError as error:
            raise ApiError("Bad gateway", error_code="UNAVAILABLE", status=502) from error
        return _streamed(answer)

    def _headers(self, request: Request, caller: Caller, token: str) -> list[tuple[str, str]]:
        """Return the request's headers with who asks, and without what only the proxy may say."""
        kept = [
            (name, value)
            for name, value in request.headers.items()
            if name not in _HOP | {"authorization", "cookie"} and not name.startswith("x-forwarded")
        ]
        cookies = "; ".join(f"{k}={v}" for k, v in request.cookies.items() if k != _COOKIE)
        said = {
            "Cookie": cookies,
            "X-Forwarded-Host": request.headers.get("host", ""),
            "X-Forwarded-Email": caller.user_name,
            "X-Forwarded-User": f"{caller.user_id}@{self._workspace_id}",
            "X-Forwarded-Preferred-Username": caller.display_name,
            "X-Forwarded-Access-Token": token if self._forwards_token() else "",
            "X-Request-Id": request.headers.get("x-request-id") or str(uuid4()),
        }
        others = [(name, value) for name, value in kept if name != "x-request-id"]
        return [*others, *((name, value) for name, value in said.items() if value)]


class _WithoutSignals(uvicorn.Server):
    """uvicorn inside another server, which has the signals."""

    def install_signal_handlers(self) -> None:
        """Leave them alone."""

    def capture_signals(self) -> Any:
        """Leave them alone."""
        return nullcontext()


def _token(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else request.cookies.get(_COOKIE, "")


def _raw_path(request: Request) -> bytes:
    path: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query: bytes = request.scope["query_string"]
    return path.partition(b"?")[0] + (b"?" + query if query else b"")


def _streamed(answer: httpx.Response) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        try:
            async for piece in answer.aiter_raw():
                yield piece
        finally:
            await answer.aclose()

    passed = StreamingResponse(pieces(), status_code=answer.status_code)
    passed.raw_headers = [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode() not in _HOP
    ]
    return passed


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


def _listen(port: int) -> socket.socket:
    for candidate in (port, 0):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", candidate))
        except OSError:
            listener.close()
            continue
        listener.listen()
        return listener
    raise OSError("no free port")
