"""Makes the faults happen, between the network and everything else."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_workspace.admin.changed_answers import cut, patched
from local_workspace.admin.faults import Fault, Faults
from local_workspace.connection import drop, gone
from local_workspace.errors import ApiError, RateLimited, Unavailable


class FaultInjection:
    """ASGI middleware that lets a request fail where a rule says so; `/local/` never fails."""

    def __init__(self, app: ASGIApp, *, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or do to it what the first fitting rule says."""
        if scope["type"] != "http" or scope["path"].startswith("/local/"):
            await self._app(scope, receive, send)
            return
        about = {"method": scope["method"], "path": scope["path"]}
        body = b""
        if self._faults.concern_body(**about):
            body = await Request(scope, receive).body()
            receive = _replay(body, receive)
        fault = self._faults.take(**about, body=body)
        if fault is None:
            await self._app(scope, receive, send)
        else:
            await self._happen(fault, (scope, receive, send))

    async def _happen(self, fault: Fault, request: tuple[Scope, Receive, Send]) -> None:
        scope, receive, send = request
        match fault.kind:
            case "status":
                await error_of(fault, path=scope["path"]).response()(scope, receive, send)
            case "delay":
                await asyncio.sleep(1 if fault.seconds is None else fault.seconds)
                await self._app(scope, receive, send)
            case "hang":
                with suppress(TimeoutError):
                    await asyncio.wait_for(gone(receive), fault.seconds)
                await drop(scope, receive)
            case "drop_before":
                await drop(scope, receive)
            case "answer":
                answer = JSONResponse(dict(fault.body), status_code=fault.status or HTTPStatus.OK)
                await answer(scope, receive, send)
            case "patch":
                await patched(self._app, scope, receive, send, patch=fault.body)
            case "cut":
                await cut(self._app, scope, receive, send, size=fault.after_bytes)
            case "lost_answer" | "drop_after":
                await self._app(scope, receive, _nowhere)
                await drop(scope, receive)


def error_of(fault: Fault, *, path: str) -> ApiError:
    """Return the error that a real workspace sends with the rule's status."""
    status = fault.status or HTTPStatus.SERVICE_UNAVAILABLE
    retry = {"Retry-After": str(1 if fault.retry_after is None else fault.retry_after)}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        message = (
            "Your request was rejected since your organization has exceeded the rate limit. "
            "Please retry your request later."
        )
        return RateLimited(message, headers=retry)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        message = f"The service at {path} is temporarily unavailable. Please try again later."
        return Unavailable(message, headers=retry)
    codes = {400: "BAD_REQUEST", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
    return ApiError(
        "There was an error processing your request.",
        status=status,
        error_code=codes.get(status, "INTERNAL_ERROR"),
        headers=retry if fault.retry_after is not None else None,
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body that was read once more, then goes on."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return waiting.pop() if waiting else await receive()

    return replayed


async def _nowhere(_: Message) -> None:
    """Lose what is sent."""
