"""`/api/2.0/postgres/.../roles`: the roles of the branch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import json_body
from local_workspace.errors import InvalidParameter
from local_workspace.lakebase.instances import require_right_to_manage
from local_workspace.lakebase.operations import Operations
from local_workspace.lakebase.resource_names import (
    BRANCH,
    BRANCH_PATH,
    not_found,
    require_branch,
    require_no_replacement,
)
from local_workspace.lakebase.roles import IDENTITY_TYPES, MEMBERSHIP, Attributes, Role, Roles

_ROLE_ID = re.compile(r"[a-z][a-z0-9-]{3,62}")


class _BranchRoles:
    def __init__(self, roles: Roles, operations: Operations) -> None:
        self._roles = roles
        self._operations = operations

    async def list_roles(self, request: Request) -> Response:
        require_branch(request)
        return JSONResponse({"roles": [_shown(role) for role in await self._roles.all()]})

    async def get_role(self, request: Request) -> Response:
        return JSONResponse(_shown(await self._named(request)))

    async def create_role(self, request: Request) -> Response:
        require_branch(request)
        require_no_replacement(request)
        role = _requested(await json_body(request), request.query_params.get("role_id"))
        require_right_to_manage(request, self._roles, name=role.name, role=role)
        await self._roles.create(role)
        shown = _shown(role)
        return self._operations.done("Role", name=shown["name"], response=shown)

    async def delete_role(self, request: Request) -> Response:
        role = await self._named(request)
        require_right_to_manage(request, self._roles, name=role.name)
        await self._roles.drop(role.name, heir=await self._heir(request))
        return self._operations.done("Role", name=f"{BRANCH}/roles/{role.role_id}")

    async def _heir(self, request: Request) -> str | None:
        """Return the name of the role that the request calls by its id or its resource name."""
        wanted = request.query_params.get("reassign_owned_to")
        if wanted is None:
            return None
        return (await self._called(wanted.removeprefix(f"{BRANCH}/roles/"))).name

    async def _named(self, request: Request) -> Role:
        require_branch(request)
        return await self._called(request.path_params["role"])

    async def _called(self, wanted: str) -> Role:
        for role in await self._roles.all():
            if wanted in (role.role_id, role.name):
                return role
        raise not_found("role")


def branch_role_routes(roles: Roles, operations: Operations) -> list[BaseRoute]:
    """Return the routes of a branch's roles."""
    handlers, path = _BranchRoles(roles, operations), f"{BRANCH_PATH}/roles"
    return [
        Route(path, handlers.list_roles, methods=["GET"]),
        Route(path, handlers.create_role, methods=["POST"]),
        Route(f"{path}/{{role}}", handlers.get_role, methods=["GET"]),
        Route(f"{path}/{{role}}", handlers.delete_role, methods=["DELETE"]),
    ]


def _requested(body: Mapping[str, Any], role_id: str | None) -> Role:
    spec = body.get("spec") or {}
    kind = spec.get("identity_type")
    if role_id is not None and not _ROLE_ID.fullmatch(role_id):
        raise InvalidParameter(
            "Field 'role_id' must be 4-63 characters, start with a lowercase letter, and contain "
            "only lowercase letters, numbers and hyphens (RFC 1123)."
        )
    if kind not in (None, *IDENTITY_TYPES):
        raise InvalidParameter(f"Invalid identity_type: {kind}")
    return Role(
        name=str(spec.get("postgres_role") or role_id or ""),
        identity_type=kind,
        given_id=role_id,
        can_login=spec.get("auth_method") != "NO_LOGIN",
        is_superuser=MEMBERSHIP in (spec.get("membership_roles") or []),
        attributes=Attributes.parse(spec.get("attributes")),
    )


def _shown(role: Role) -> dict[str, Any]:
    return {
        "name": f"{BRANCH}/roles/{role.role_id}",
        "role_id": role.role_id,
        "parent": BRANCH,
        "status": {
            "role_id": role.role_id,
            "postgres_role": role.name,
            "identity_type": role.identity_type or "IDENTITY_TYPE_UNSPECIFIED",
            "auth_method": _auth_method(role),
            "attributes": asdict(role.attributes),
            "membership_roles": [MEMBERSHIP] if role.is_superuser else [],
        },
    }


def _auth_method(role: Role) -> str:
    if not role.can_login:
        return "NO_LOGIN"
    return "LAKEBASE_OAUTH_V1" if role.identity_type else "PG_PASSWORD_SCRAM_SHA_256"
