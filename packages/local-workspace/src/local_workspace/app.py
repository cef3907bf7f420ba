"""The server: the areas, and what every request passes on its way to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_workspace.area import Area
from local_workspace.errors import ApiError, NotFound


def build_app(areas: Sequence[Area], middleware: Sequence[Middleware]) -> Starlette:
    """Return the ASGI application of a workspace with these areas."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for area in areas:
                await stack.enter_async_context(area.running())
            yield

    return Starlette(
        routes=[route for area in areas for route in area.routes()],
        middleware=list(middleware),
        lifespan=lifespan,
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _no_such_endpoint,
            Exception: _bug,
        },
    )


class WorkspaceHeader:
    """ASGI middleware that says in each answer of which workspace it is, as the platform does."""

    def __init__(self, app: ASGIApp, *, workspace_id: str) -> None:
        self._app = app
        self._header = (b"x-databricks-org-id", workspace_id.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and add the header to its answer."""

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [each for each in message["headers"] if each[0] != self._header[0]]
                message["headers"] = [*others, self._header]
            await send(message)

        await self._app(scope, receive, said)


async def _api_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error.response()


async def _bug(_: Request, __: Exception) -> Response:
    """Answer our own fault in the form of the API; its traceback goes to the server's log."""
    return ApiError("There was an error processing your request.").response()


async def _no_such_endpoint(request: Request, error: Exception) -> Response:
    """Answer an unknown path or method as a workspace does: 404, never a silent 200."""
    assert isinstance(error, HTTPException)
    if error.status_code not in (404, 405):
        return JSONResponse(
            {"error_code": "BAD_REQUEST", "message": error.detail}, status_code=error.status_code
        )
    path = request.url.path.removeprefix("/api/2.0").removeprefix("/api")
    message = f"No API found for '{request.method} {path}'"
    return NotFound(message, error_code="ENDPOINT_NOT_FOUND").response()
