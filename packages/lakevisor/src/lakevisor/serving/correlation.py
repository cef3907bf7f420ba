"""Every answer says under which id the log tells of it."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lakevisor.serving.request_reading import CORRELATION_HEADER, correlation_id


class Correlated:
    """Middleware that puts the correlation id on each answer; it buffers nothing."""

    def __init__(self, app: ASGIApp) -> None:
        """Take what answers."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and put the header on its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        identifier = correlation_id(HTTPConnection(scope))

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[CORRELATION_HEADER] = identifier
            await send(message)

        await self._app(scope, receive, send_with_id)
