"""The full result behind an answer as a file, for the owner of the thread."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from lakevisor.errors import LakevisorError, ResponseNotFound
from lakevisor.serving import documents
from lakevisor.serving.failures import failure_of
from lakevisor.serving.identity import Identities
from lakevisor.serving.opening import OpenedInBackground
from lakevisor.serving.request_reading import correlation_id
from lakevisor.serving.response_id import ResponseId
from lakevisor.serving.turn_response import log_failure
from lakevisor_plugin import Downloaded

PATHS = ("/responses/{response_id}/download", "/v1/responses/{response_id}/download")
_WORD = re.compile(r"[^\W_]+")
_NAME_CHARS = 60
_HEADERS = {
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, kw_only=True)
class ResponseDownloads:
    """The handler for files behind answers."""

    opened: OpenedInBackground
    identities: Identities

    def router(self) -> APIRouter:
        """Return the routes."""
        router = APIRouter()
        for path in PATHS:
            router.add_api_route(path, self.download, methods=["GET"], **documents.download(path))
        return router

    async def download(self, request: Request, response_id: str) -> StreamingResponse:
        """Stream the file; where it ends early, the connection breaks off."""
        from lakevisor.supervisor import DownloadRequest

        supervisor = self.opened.supervisor
        caller = await self.identities.caller(request.headers, supervisor.workspace)
        try:
            found = ResponseId.read(response_id)
        except ValueError:
            raise ResponseNotFound from None
        wanted = DownloadRequest(thread_id=found.thread_id, turn_id=found.turn_id)
        question = await supervisor.question_of(wanted, caller=caller)
        headers = {**_HEADERS, "content-disposition": attachment(question)}
        parts = supervisor.download(wanted, caller=caller)
        # What goes wrong before the first piece is a plain answer.
        first = await anext(parts)
        pieces = _pieces(first, parts, correlation_id=correlation_id(request))
        return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")


def attachment(question: str) -> str:
    """Return the header that names the file after the question, of letters and digits only."""
    words = "-".join(_WORD.findall(question))
    name = words[:_NAME_CHARS].strip("-") or "result"
    plain = "-".join(_WORD.findall(name.encode("ascii", "ignore").decode())) or "result"
    header = f'attachment; filename="{plain}.csv"'
    # RFC 6266: who can read the second one takes it.
    return header if name == plain else f"{header}; filename*=UTF-8''{quote(name)}.csv"


async def _pieces(
    first: bytes | Downloaded,
    others: AsyncGenerator[bytes | Downloaded],
    *,
    correlation_id: str,
) -> AsyncIterator[bytes]:
    try:
        async with aclosing(others):
            if isinstance(first, bytes):
                yield first
            async for part in others:
                if isinstance(part, bytes):
                    yield part
    except LakevisorError as error:
        log_failure(error, failure_of(error), correlation_id=correlation_id)
        # Only a connection that breaks off tells a client that the file is not whole.
        raise
