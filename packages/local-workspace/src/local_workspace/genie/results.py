"""The routes of query results: get them, run a query again, take all rows."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.errors import NotFound, PermissionDenied
from local_workspace.genie.door import Door
from local_workspace.genie.records import Message
from local_workspace.genie.spaces import SPACES
from local_workspace.genie.store import GenieStore
from local_workspace.genie.worker import statement_of
from local_workspace.sql import Statement, Warehouse
from local_workspace.sql.response import Responses

_WAIT = 5.0
"""Seconds that a request waits for a query that is run again."""


class ResultRoutes:
    """`.../attachments/{attachment_id}/query-result` and its siblings, old and new."""

    def __init__(self, store: GenieStore, door: Door, *, warehouse: Warehouse) -> None:
        self._store = store
        self._door = door
        self._warehouse = warehouse
        self._key = secrets.token_bytes(32)
        self._running: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of results."""
        message = f"{SPACES}/{{space_id}}/conversations/{{conversation_id}}/messages/{{message_id}}"
        attachment = f"{message}/attachments/{{attachment_id}}"
        download = f"{attachment}/downloads/{{download_id}}"
        return [
            Route(f"{attachment}/query-result", self._get, methods=["GET"]),
            Route(f"{attachment}/execute-query", self._execute, methods=["POST"]),
            Route(f"{attachment}/downloads", self._generate_download, methods=["POST"]),
            Route(download, self._get_download, methods=["GET"]),
            Route(f"{message}/query-result", self._get, methods=["GET"]),
            Route(f"{message}/query-result/{{attachment_id}}", self._get, methods=["GET"]),
            Route(f"{message}/execute-query", self._execute, methods=["POST"]),
        ]

    async def _get(self, request: Request) -> Response:
        _, query = self._query(request)
        return self._answer(request, query["statement_id"])

    async def _execute(self, request: Request) -> Response:
        message, query = self._query(request)
        statement = statement_of(message, query)
        query["statement_id"] = statement.statement_id
        self._store.update_message(message, attachments=message.attachments)
        await asyncio.wait({self._start(statement)}, timeout=_WAIT)
        return self._answer(request, statement.statement_id)

    async def _generate_download(self, request: Request) -> Response:
        message, query = self._query(request)
        statement = statement_of(message, query, row_limit=None)
        statement.disposition = "EXTERNAL_LINKS"
        self._start(statement)
        download_id = statement.statement_id
        signature = self._signature(download_id, message)
        return JSONResponse({"download_id": download_id, "download_id_signature": signature})

    async def _get_download(self, request: Request) -> Response:
        message, _ = self._query(request)
        download_id = request.path_params["download_id"]
        given = request.query_params.get("download_id_signature", "")
        if not hmac.compare_digest(given, self._signature(download_id, message)):
            raise PermissionDenied("download_id_signature does not belong to this download_id.")
        return self._answer(request, download_id)

    def _query(self, request: Request) -> tuple[Message, dict[str, Any]]:
        """Return the message of a request and its query."""
        message = self._door.message(request)
        attachment_id = request.path_params.get("attachment_id")
        attachment = message.attachment(attachment_id)
        if attachment is None:
            what = f"query attachment {attachment_id}" if attachment_id else "query"
            raise NotFound(f"Message {message.message_id} has no {what}.")
        return message, attachment["query"]

    def _start(self, statement: Statement) -> asyncio.Task[None]:
        """Run a statement in the background."""
        # Before the task starts: whoever has the answer may ask for the statement.
        self._warehouse.submit(statement)
        task = asyncio.create_task(self._warehouse.carry_out(statement))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def _answer(self, request: Request, statement_id: str) -> Response:
        statement = self._warehouse.statement(statement_id)
        if statement is None:
            # The result is no longer kept: CLOSED is the platform's word for it.
            body: dict[str, Any] = {"statement_id": statement_id, "status": {"state": "CLOSED"}}
        else:
            links, base_url = self._warehouse.external_links, str(request.base_url)
            body = Responses(links, base_url=base_url).whole(statement)
        return JSONResponse({"statement_response": body})

    def _signature(self, download_id: str, message: Message) -> str:
        signed = f"{download_id}/{message.message_id}".encode()
        return hmac.new(self._key, signed, hashlib.sha256).hexdigest()
