"""The one page for a browser: it says what answers here, to anybody, and shows no data."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_PAGE = Path(__file__).parent / "front_page.html"


class FrontPage:
    """The area of `/`, which the links to runs lead to."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return `GET /`."""
        return [Route("/", _front_page, methods=["GET"])]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing."""
        yield


def _front_page(_: Request) -> Response:
    return HTMLResponse(_PAGE.read_text(encoding="utf-8"))
