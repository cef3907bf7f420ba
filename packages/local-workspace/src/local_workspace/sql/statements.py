"""The area of SQL: the Statement Execution API and the warehouses that there are."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import Caller, caller_of, json_body
from local_workspace.errors import InvalidParameter, NotFound
from local_workspace.sql.response import Responses
from local_workspace.sql.statement import Disposition, Format, Statement
from local_workspace.sql.translation import Parameter
from local_workspace.sql.warehouse import WAREHOUSE_ID, Warehouse


class Statements:
    """`/api/2.0/sql/statements` and `/api/2.0/sql/warehouses`."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._running: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of statements and warehouses."""
        statement = "/api/2.0/sql/statements/{statement_id}"
        warehouse = "/api/2.0/sql/warehouses/{warehouse_id}"
        return [
            Route("/api/2.0/sql/statements", self._execute, methods=["POST"]),
            Route("/api/2.0/sql/statements/", self._execute, methods=["POST"]),
            Route(statement, self._get, methods=["GET"]),
            Route(f"{statement}/result/chunks/{{index:int}}", self._chunk, methods=["GET"]),
            Route(f"{statement}/cancel", self._cancel, methods=["POST"]),
            Route("/api/2.0/sql/warehouses", self._list_warehouses, methods=["GET"]),
            Route(warehouse, self._get_warehouse, methods=["GET"]),
            Route(f"{warehouse}/start", self._start_warehouse, methods=["POST"]),
            Route("/local/sql/expire", self._expire, methods=["POST"]),
            *self._warehouse.external_links.routes(),
            *self._warehouse.grants.routes(),
            *self._warehouse.rules.routes("/local/sql/rules"),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let statements run; those that still do at the end are cancelled."""
        self._warehouse.remove_leftovers()
        yield
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._warehouse.close()

    async def _execute(self, request: Request) -> Response:
        body = await json_body(request)
        statement = _statement(body, caller_of(request))
        seconds = _wait_seconds(body.get("wait_timeout", "10s"))
        # Before the task starts: whoever has the answer may ask for the statement.
        self._warehouse.submit(statement)
        task = asyncio.create_task(self._warehouse.carry_out(statement))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done and seconds and body.get("on_wait_timeout", "CONTINUE") == "CANCEL":
            self._warehouse.cancel(statement)
            await asyncio.wait({task})
        return self._answer(request, statement)

    async def _get(self, request: Request) -> Response:
        return self._answer(request, self._find(request))

    async def _chunk(self, request: Request) -> Response:
        statement, index = self._find(request), request.path_params["index"]
        if statement.result is None:
            raise InvalidParameter(
                f"Statement {statement.statement_id} is in state {statement.state} "
                "and has no result.",
                error_code="BAD_REQUEST",
            )
        if index >= len(statement.result.chunks):
            raise InvalidParameter(f"There is no chunk {index}.", error_code="BAD_REQUEST")
        return JSONResponse(self._responses(request).chunk(statement, index))

    async def _cancel(self, request: Request) -> Response:
        self._warehouse.cancel(self._find(request))
        return JSONResponse({})

    async def _list_warehouses(self, _: Request) -> Response:
        return JSONResponse({"warehouses": [_WAREHOUSE]})

    async def _get_warehouse(self, request: Request) -> Response:
        _check_warehouse(request.path_params["warehouse_id"])
        return JSONResponse(_WAREHOUSE)

    async def _start_warehouse(self, request: Request) -> Response:
        """Answer as the platform does for a warehouse that runs, as this one always does."""
        _check_warehouse(request.path_params["warehouse_id"])
        return JSONResponse({})

    def _find(self, request: Request) -> Statement:
        """Return the caller's statement; those of others do not exist for them."""
        statement_id, caller = request.path_params["statement_id"], caller_of(request)
        statement = self._warehouse.statement(statement_id)
        if statement is None or not (caller.is_admin or statement.owner_id == caller.user_id):
            raise NotFound(f"The statement {statement_id} was not found.", error_code="NOT_FOUND")
        return statement

    async def _expire(self, request: Request) -> Response:
        self._warehouse.expire((await json_body(request)).get("statement_id"))
        return JSONResponse({})

    def _answer(self, request: Request, statement: Statement) -> Response:
        return JSONResponse(self._responses(request).whole(statement))

    def _responses(self, request: Request) -> Responses:
        return Responses(self._warehouse.external_links, base_url=str(request.base_url))


_WAREHOUSE = {
    "id": WAREHOUSE_ID,
    "name": "Local warehouse",
    "cluster_size": "2X-Small",
    "state": "RUNNING",
    "warehouse_type": "PRO",
    "enable_serverless_compute": False,
    "num_clusters": 1,
    "num_active_sessions": 0,
    "auto_stop_mins": 0,
}


def _statement(body: Mapping[str, Any], caller: Caller) -> Statement:
    """Return the statement that a request describes."""
    if not isinstance(body.get("statement"), str) or not body["statement"].strip():
        raise InvalidParameter("statement is required and must not be empty.")
    _check_warehouse(body.get("warehouse_id"))
    disposition, form = _disposition_and_format(body)
    return Statement(
        sql=body["statement"],
        parameters=_parameters(body.get("parameters") or []),
        catalog=body.get("catalog"),
        schema=body.get("schema"),
        row_limit=_limit(body, "row_limit"),
        byte_limit=_limit(body, "byte_limit"),
        disposition=disposition,
        format=form,
        owner_id=caller.user_id,
    )


def _disposition_and_format(body: Mapping[str, Any]) -> tuple[Disposition, Format]:
    disposition: Any = body.get("disposition") or "INLINE"
    form: Any = body.get("format") or "JSON_ARRAY"
    for value, known in ((disposition, get_args(Disposition)), (form, get_args(Format))):
        if value not in known:
            raise InvalidParameter(f"'{value}' is none of {', '.join(known)}.")
    if disposition == "INLINE" and form != "JSON_ARRAY":
        raise InvalidParameter("INLINE disposition only supports the JSON_ARRAY format.")
    return disposition, form


def _parameters(items: Any) -> tuple[Parameter, ...]:
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and item.get("name") for item in items
    ):
        raise InvalidParameter("parameters must be a list of objects with a name.")
    return tuple(
        Parameter(name=item["name"], value=item.get("value"), type=item.get("type") or "STRING")
        for item in items
    )


def _limit(body: Mapping[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not str(value).isdigit() or int(value) < 1:
        raise InvalidParameter(f"{name} must be a positive whole number.")
    return int(value)


def _wait_seconds(text: Any) -> int:
    """Return a wait_timeout in seconds; the platform takes 0s and 5s to 50s."""
    match = re.fullmatch(r"(\d{1,3})s", str(text))
    seconds = int(match.group(1)) if match else -1
    if seconds != 0 and not 5 <= seconds <= 50:
        raise InvalidParameter(f"wait_timeout must be 0s or between 5s and 50s, but was '{text}'.")
    return seconds


def _check_warehouse(warehouse_id: Any) -> None:
    if not warehouse_id:
        raise InvalidParameter("warehouse_id is required.")
    if warehouse_id != WAREHOUSE_ID:
        raise NotFound(f"SQL warehouse {warehouse_id} does not exist.")
