"""Where the page is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from lakevisor.serving.page.chart_library import ChartLibrary
from lakevisor.serving.page.files import INDEX, page_files

CHART_LIBRARY = "/page/vega.js"
STARTERS = "/page/starters.json"
_A_DAY = "private, max-age=86400"


@dataclass(frozen=True, kw_only=True)
class Page:
    """The handlers for the page; it says nothing of anybody, so anybody gets it."""

    starters: Sequence[str] = ()
    """What it offers to ask, where a conversation begins."""
    chart_library: ChartLibrary = field(default_factory=ChartLibrary)

    def router(self) -> APIRouter:
        """Return the routes; they are for browsers, and described nowhere."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/", self.index, methods=["GET"])
        router.add_api_route(CHART_LIBRARY, self.charts, methods=["GET"])
        router.add_api_route(STARTERS, self.offered, methods=["GET"])
        router.add_api_route("/page/{name}", self.file, methods=["GET"])
        return router

    async def index(self, request: Request) -> Response:
        """Return the page."""
        return page_files()[INDEX].answer(request)

    async def file(self, request: Request, name: str) -> Response:
        """Return what the page loads."""
        found = page_files().get(name)
        if found is None:
            raise HTTPException(status_code=404)
        return found.answer(request)

    async def offered(self) -> Response:
        """Return what the page offers to ask."""
        return JSONResponse(list(self.starters), headers={"cache-control": "no-cache"})

    async def charts(self, request: Request) -> Response:
        """Return what draws charts; it changes with the installation alone."""
        file = await self.chart_library.file()
        return file.answer(request, cache_control=_A_DAY)
