"""What an area of the API (jobs, Genie, Lakebase, ...) is made of, and what it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.requests import Request
from starlette.routing import BaseRoute

from local_workspace.errors import InvalidParameter


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who sent a request, as its token says."""

    user_name: str
    """The address of a person or the application id of a service principal."""
    user_id: int
    """The number that SCIM gives."""
    display_name: str
    is_service_principal: bool = False
    groups: frozenset[str] = frozenset({"users"})

    @property
    def is_admin(self) -> bool:
        """Whether the caller is a workspace admin, who may do everything."""
        return "admins" in self.groups


class Area(Protocol):
    """One part of the REST API."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes that this area answers."""

    def running(self) -> AbstractAsyncContextManager[None]:
        """Hold what must run while the server runs: processes, a gateway, a scheduler."""


def caller_of(request: Request) -> Caller:
    """Return who sent the request; the authentication middleware has put it there."""
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller


async def json_body(request: Request) -> Mapping[str, Any]:
    """Return the request's JSON object; an empty body is an empty object.

    Raises:
        InvalidParameter: the body is not a JSON object.
    """
    if not await request.body():
        return {}
    try:
        body = await request.json()
    except ValueError as error:
        raise InvalidParameter(
            "Request body is not valid JSON", error_code="MALFORMED_REQUEST"
        ) from error
    if not isinstance(body, dict):
        raise InvalidParameter("Request body must be a JSON object", error_code="MALFORMED_REQUEST")
    return body
