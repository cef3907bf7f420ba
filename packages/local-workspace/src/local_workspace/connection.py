"""Ending a connection as a network does it: without an answer."""

from __future__ import annotations

import asyncio

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

_TRANSPORT = "transport"


class DroppableConnection(H11Protocol):
    """uvicorn's HTTP/1.1 connection, which lets a request reach its own transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the transport into the state that every request of this connection is given."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


async def drop(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request at once; the client sees it break, and no status."""
    transport: asyncio.Transport = scope["state"][_TRANSPORT]
    transport.abort()
    await gone(receive)


async def gone(receive: Receive) -> None:
    """Wait until the client of a request is no longer there."""
    while (await receive())["type"] != "http.disconnect":
        pass
