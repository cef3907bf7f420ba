"""Chunks behind links that need no token, as cloud storage serves them to who has the address."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.sql.result import Chunk
from local_workspace.sql.statement import Statement

PATH = "/external-links/"
"""What stands before the links; the check of tokens lets it pass."""
_TYPES = {
    "JSON_ARRAY": "application/json",
    "CSV": "text/csv",
    "ARROW_STREAM": "application/vnd.apache.arrow.stream",
}


class ExternalLinks:
    """Makes links to chunks, and answers them."""

    def __init__(self, find: Callable[[str], Statement | None]) -> None:
        self._find = find
        self._key = secrets.token_bytes(32)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the route behind the links."""
        return [Route(f"{PATH}{{statement_id}}/{{index:int}}", self._serve, methods=["GET"])]

    def link(self, statement: Statement, chunk: Chunk, *, base_url: str) -> dict[str, Any]:
        """Return the link to a chunk as the API has it.

        Args:
            statement: Whose result it is.
            chunk: The part of it.
            base_url: The address under which the client knows this server.
        """
        expires = int(time.time() + statement.link_seconds)
        signature = self._signature(statement.statement_id, chunk.index, expires)
        query = urlencode({"X-Expires": expires, "X-Signature": signature})
        path = f"{PATH}{statement.statement_id}/{chunk.index}"
        return {
            "external_link": f"{base_url.rstrip('/')}{path}?{query}",
            "expiration": datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    async def _serve(self, request: Request) -> Response:
        if "authorization" in request.headers:
            return _refused(
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Signature query parameter or the "
                "Authorization header should be specified",
                status=400,
            )
        statement_id, index = request.path_params["statement_id"], request.path_params["index"]
        given = request.query_params.get("X-Signature", "")
        expires = request.query_params.get("X-Expires", "")
        known = self._signature(statement_id, index, int(expires) if expires.isdigit() else 0)
        if not hmac.compare_digest(given, known):
            return _refused("SignatureDoesNotMatch", "The signature does not match.", status=403)
        if int(expires) <= time.time():
            return _refused("AccessDenied", "Request has expired", status=403)
        statement = self._find(statement_id)
        if statement is None or statement.result is None:
            return _refused("NoSuchKey", "The specified key does not exist.", status=404)
        return FileResponse(
            statement.result.chunks[index].path, media_type=_TYPES[statement.format]
        )

    def _signature(self, statement_id: str, index: int, expires: int) -> str:
        signed = f"{statement_id}/{index}/{expires}".encode()
        return hmac.new(self._key, signed, hashlib.sha256).hexdigest()


def _refused(code: str, message: str, *, status: int) -> Response:
    """Return a refusal in the form of cloud storage."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
    return Response(body, status_code=status, media_type="application/xml")
