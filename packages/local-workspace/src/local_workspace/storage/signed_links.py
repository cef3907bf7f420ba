"""Links to one file, for one use and a quarter of an hour, as a cloud's storage signs them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.errors import NotFound, PermissionDenied
from local_workspace.identity import Identity
from local_workspace.settings import Settings

SECONDS = 900
"""How long a link works."""
_PATH = "/signed-files/"


class SignedLinks:
    """Makes links and answers them; who has one needs no token."""

    def __init__(self, settings: Settings, identity: Identity) -> None:
        self._root = settings.data.resolve()
        self._url = settings.url
        self._identity = identity

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes behind the links."""
        path = f"{_PATH}{{token}}"
        return [
            Route(path, self._download, methods=["GET"]),
            Route(path, self._upload, methods=["PUT"]),
        ]

    def link(self, user_name: str, file: Path, *, writes: bool) -> str:
        """Return a link to a file of the workspace's data folder."""
        inside = str(file.resolve().relative_to(self._root))
        claims = {"sub": user_name, "file": inside, "writes": writes}
        return f"{self._url}{_PATH}{self._identity.sign(claims, SECONDS)}"

    async def _download(self, request: Request) -> Response:
        file = self._root / str(self._claims(request, writes=False)["file"])
        if not file.is_file():
            raise NotFound("The file does not exist.", error_code="NOT_FOUND")
        return FileResponse(file, media_type="application/octet-stream")

    async def _upload(self, request: Request) -> Response:
        await receive(request, self._root / str(self._claims(request, writes=True)["file"]))
        return Response(status_code=200)

    def _claims(self, request: Request, *, writes: bool) -> dict[str, Any]:
        claims = self._identity.verify(request.path_params["token"])
        if claims.get("writes") is not writes or "file" not in claims:
            raise PermissionDenied("The link is for another use.")
        return claims


async def receive(request: Request, file: Path) -> None:
    """Write a request's body to a file, which is there whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".upload-")
    try:
        with os.fdopen(descriptor, "wb") as opened:
            async for piece in request.stream():
                opened.write(piece)
        await run_in_threadpool(Path(name).replace, file)
    except (ClientDisconnect, OSError):
        await run_in_threadpool(Path(name).unlink)
        raise
