"""The permissions API for spaces: `/api/2.0/permissions/genie/{space_id}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import json_body
from local_workspace.errors import InvalidParameter
from local_workspace.genie.door import Door
from local_workspace.genie.records import LEVELS, Space
from local_workspace.genie.store import GenieStore
from local_workspace.identity import SERVICE_PRINCIPALS, USERS

_PRINCIPALS = ("user_name", "group_name", "service_principal_name")
_KINDS = {
    **{each.user_name: "user_name" for each in USERS},
    **{each.user_name: "service_principal_name" for each in SERVICE_PRINCIPALS.values()},
}


class PermissionRoutes:
    """Shows and changes who may do what with a space."""

    def __init__(self, store: GenieStore, door: Door) -> None:
        self._store = store
        self._door = door

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of permissions."""
        path = "/api/2.0/permissions/genie/{space_id}"
        return [
            Route(path, self._get, methods=["GET"]),
            Route(path, self._set, methods=["PUT"]),
            Route(path, self._update, methods=["PATCH"]),
        ]

    async def _get(self, request: Request) -> Response:
        return JSONResponse(_view(self._door.space(request, "CAN_MANAGE")))

    async def _set(self, request: Request) -> Response:
        space = self._door.space(request, "CAN_MANAGE")
        return self._save(space, _access(await json_body(request)))

    async def _update(self, request: Request) -> Response:
        space = self._door.space(request, "CAN_MANAGE")
        return self._save(space, {**space.access, **_access(await json_body(request))})

    def _save(self, space: Space, access: Mapping[str, str]) -> Response:
        changed = replace(space, access=access)
        self._store.save_space(changed)
        return JSONResponse(_view(changed))


def _access(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the level of each principal that a request names."""
    access = {}
    for entry in body.get("access_control_list") or []:
        known = entry if isinstance(entry, dict) else {}
        names = [known[kind] for kind in _PRINCIPALS if known.get(kind)]
        level = known.get("permission_level")
        if len(names) != 1 or level not in LEVELS:
            raise InvalidParameter(
                "Each entry of access_control_list needs one of user_name, group_name or "
                f"service_principal_name, and a permission_level of {', '.join(LEVELS)}."
            )
        access[names[0]] = level
    return access


def _view(space: Space) -> dict[str, Any]:
    given = [(space.owner, "CAN_MANAGE"), *space.access.items()]
    listed = [
        {
            _KINDS.get(name, "group_name"): name,
            "all_permissions": [{"permission_level": level, "inherited": False}],
        }
        for name, level in given
    ]
    inherited = {"inherited": True, "inherited_from_object": ["/genie/"]}
    admins = {
        "group_name": "admins",
        "all_permissions": [{"permission_level": "CAN_MANAGE", **inherited}],
    }
    return {
        "object_id": f"/genie/{space.space_id}",
        "object_type": "genie-space",
        "access_control_list": [*listed, admins],
    }
