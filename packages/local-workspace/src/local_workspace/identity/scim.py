"""SCIM: who am I, and who else is there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import Caller, caller_of
from local_workspace.errors import InvalidParameter, NotFound
from local_workspace.identity.known_users import USERS
from local_workspace.settings import Settings

_ROOT = "/api/2.0/preview/scim/v2"
_GROUP_IDS = {"users": "1", "admins": "2"}
_FILTER = re.compile(r'^\s*(userName|displayName)\s+(eq|co|sw)\s+"([^"]*)"\s*$', re.IGNORECASE)


def scim_routes(settings: Settings) -> Sequence[BaseRoute]:
    """Return `Me`, and the users by list and by id."""
    org = {"x-databricks-org-id": settings.workspace_id}

    async def me(request: Request) -> Response:
        return JSONResponse(_user(caller_of(request)), headers=org)

    async def users(request: Request) -> Response:
        found = [_user(user) for user in _matching(request.query_params.get("filter"))]
        start = max(1, int(request.query_params.get("startIndex") or 1))
        count = int(request.query_params.get("count") or len(found))
        page = found[start - 1 : start - 1 + count]
        return JSONResponse(
            {
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
                "totalResults": len(found),
                "startIndex": start,
                "itemsPerPage": len(page),
                "Resources": page,
            }
        )

    async def user(request: Request) -> Response:
        user_id = request.path_params["user_id"]
        for known in USERS:
            if str(known.user_id) == user_id:
                return JSONResponse(_user(known))
        raise NotFound(f"User with id {user_id} not found.")

    return [
        Route(f"{_ROOT}/Me", me),
        Route(f"{_ROOT}/Users", users),
        Route(f"{_ROOT}/Users/{{user_id}}", user),
    ]


def _matching(filter_: str | None) -> list[Caller]:
    if not filter_:
        return list(USERS)
    parsed = _FILTER.match(filter_)
    if parsed is None:
        raise InvalidParameter(f"Given filter operator is not supported: {filter_}")
    attribute, operator, wanted = parsed.group(1).lower(), parsed.group(2).lower(), parsed.group(3)
    tests = {"eq": str.__eq__, "co": str.__contains__, "sw": str.startswith}

    def value(user: Caller) -> str:
        return user.user_name if attribute == "username" else user.display_name

    return [user for user in USERS if tests[operator](value(user).lower(), wanted.lower())]


def _user(caller: Caller) -> dict[str, Any]:
    user: dict[str, Any] = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": str(caller.user_id),
        "userName": caller.user_name,
        "displayName": caller.display_name,
        "active": True,
    }
    if not caller.is_service_principal:
        user["emails"] = [{"type": "work", "value": caller.user_name, "primary": True}]
    user["groups"] = [
        {"display": group, "type": "direct", "value": _GROUP_IDS[group]}
        for group in sorted(caller.groups, key=_GROUP_IDS.__getitem__)
    ]
    return user
