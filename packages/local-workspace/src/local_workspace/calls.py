"""Calls of the API that take an object and answer one, whatever part of a request carries what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from local_workspace.area import Caller, caller_of, json_body
from local_workspace.errors import InvalidParameter

Given = Mapping[str, Any]
"""What came with a call: its query, its body and the names in its path, as one object."""
Call = Callable[[Caller, Given], Mapping[str, Any]]
"""What answers one call."""


def call_route(method: str, path: str, call: Call) -> Route:
    """Return the route of one call."""

    async def endpoint(request: Request) -> JSONResponse:
        given = {**request.query_params, **await json_body(request), **request.path_params}
        return JSONResponse(call(caller_of(request), given))

    return Route(path, endpoint, methods=[method])


def call_routes(prefix: str, calls: Mapping[tuple[str, str], Call]) -> list[Route]:
    """Return the routes of calls under a prefix, by method and path."""
    return [call_route(method, f"{prefix}/{path}", call) for (method, path), call in calls.items()]


def text(given: Given, name: str) -> str:
    """Return a text that a call must have.

    Raises:
        InvalidParameter: it is missing or empty.
    """
    value = given.get(name)
    if value is None or value == "":
        raise InvalidParameter(f"Missing value for required parameter '{name}'.")
    return str(value)


def number(given: Given, name: str, *, default: int) -> int:
    """Return a number, which a query carries as text.

    Raises:
        InvalidParameter: it is no whole number.
    """
    value = given.get(name)
    if value is None or value == "":
        return default
    try:
        return int(value)
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"Invalid value {value!r} for parameter '{name}'.") from error


def listed(given: Given, name: str) -> list[Any]:
    """Return a list; one value alone, as a query carries it, is a list of one."""
    value = given.get(name)
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
