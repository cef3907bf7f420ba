"""`/api/2.0/database`: Lakebase's provisioned instances, of which there is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of, json_body
from local_workspace.errors import ApiError, InvalidParameter, NotFound, PermissionDenied
from local_workspace.lakebase.credentials import Credentials
from local_workspace.lakebase.place import Place
from local_workspace.lakebase.resource_names import INSTANCE
from local_workspace.lakebase.roles import IDENTITY_TYPES, MEMBERSHIP, Attributes, Role, Roles

_ROOT = "/api/2.0/database"


class _Instances:
    def __init__(self, place: Callable[[], Place], credentials: Credentials, roles: Roles) -> None:
        self._place = place
        self._credentials = credentials
        self._roles = roles

    async def list_instances(self, _: Request) -> Response:
        return JSONResponse({"database_instances": [_instance(self._place())]})

    async def get_instance(self, request: Request) -> Response:
        _require_instance(request.path_params["instance"])
        return JSONResponse(_instance(self._place()))

    async def find_by_uid(self, request: Request) -> Response:
        instance = _instance(self._place())
        if request.query_params.get("uid") != instance["uid"]:
            raise _not_found(f"with uid '{request.query_params.get('uid')}'")
        return JSONResponse(instance)

    async def create_instance(self, _: Request) -> Response:
        raise ApiError(
            f"A local workspace has one database instance, '{INSTANCE}'; no other can be made.",
            error_code="FEATURE_DISABLED",
            status=400,
        )

    async def generate_credential(self, request: Request) -> Response:
        body = await json_body(request)
        names = body.get("instance_names") or []
        if not names:
            raise InvalidParameter("At least one of instance_names or claims must be specified.")
        for name in names:
            _require_instance(name)
        credential = self._credentials.mint(caller_of(request), audience=list(names))
        return JSONResponse({"token": credential.token, "expiration_time": credential.expires_text})

    async def list_roles(self, request: Request) -> Response:
        _require_instance(request.path_params["instance"])
        return JSONResponse(
            {"database_instance_roles": [_role(role) for role in await self._roles.all()]}
        )

    async def get_role(self, request: Request) -> Response:
        return JSONResponse(_role(await self._named_role(request)))

    async def create_role(self, request: Request) -> Response:
        _require_instance(request.path_params["instance"])
        role = _requested(await json_body(request))
        require_right_to_manage(request, self._roles, name=role.name, role=role)
        await self._roles.create(role)
        return JSONResponse(_role(role))

    async def delete_role(self, request: Request) -> Response:
        require_right_to_manage(request, self._roles, name=request.path_params["role"])
        try:
            role = await self._named_role(request)
        except NotFound:
            if request.query_params.get("allow_missing") == "true":
                return JSONResponse({})
            raise
        await self._roles.drop(role.name, heir=request.query_params.get("reassign_owned_to"))
        return JSONResponse({})

    async def _named_role(self, request: Request) -> Role:
        _require_instance(request.path_params["instance"])
        name = request.path_params["role"]
        role = await self._roles.find(name)
        if role is None:
            raise NotFound(f"Role '{name}' not found in instance '{INSTANCE}'.")
        return role


def instance_routes(
    place: Callable[[], Place], *, credentials: Credentials, roles: Roles
) -> list[BaseRoute]:
    """Return the routes of the provisioned API."""
    handlers = _Instances(place, credentials, roles)
    one, its_roles = f"{_ROOT}/instances/{{instance}}", f"{_ROOT}/instances/{{instance}}/roles"
    get, post, delete = ["GET"], ["POST"], ["DELETE"]
    return [
        Route(f"{_ROOT}/instances:findByUid", handlers.find_by_uid, methods=get),
        Route(f"{_ROOT}/instances", handlers.list_instances, methods=get),
        Route(f"{_ROOT}/instances", handlers.create_instance, methods=post),
        Route(one, handlers.get_instance, methods=get),
        Route(f"{_ROOT}/credentials", handlers.generate_credential, methods=post),
        Route(its_roles, handlers.list_roles, methods=get),
        Route(its_roles, handlers.create_role, methods=post),
        Route(f"{its_roles}/{{role:path}}", handlers.get_role, methods=get),
        Route(f"{its_roles}/{{role:path}}", handlers.delete_role, methods=delete),
    ]


def require_right_to_manage(
    request: Request, roles: Roles, *, name: str, role: Role | None = None
) -> None:
    """Let who has CAN MANAGE manage all roles, and everybody add a plain one of their own.

    Raises:
        PermissionDenied: the caller has no CAN MANAGE, and is not making just their own role.
    """
    caller = caller_of(request)
    is_plain = role is not None and not (role.is_superuser or role.attributes != Attributes())
    if not roles.access.may_manage(caller) and not (is_plain and name == caller.user_name):
        raise PermissionDenied(
            f"User {caller.user_name} does not have CAN MANAGE on database instance {INSTANCE}."
        )


def _require_instance(name: str) -> None:
    if name != INSTANCE:
        raise _not_found(f"'{name}'")


def _not_found(what: str) -> NotFound:
    return NotFound(f"Database instance {what} not found.", error_code="NOT_FOUND")


def _instance(place: Place) -> dict[str, Any]:
    return {
        "name": INSTANCE,
        "uid": str(uuid5(NAMESPACE_URL, f"{place.workspace_id}/{INSTANCE}")),
        "state": "AVAILABLE",
        "capacity": "CU_1",
        "pg_version": "PG_VERSION_18",
        "creator": place.owner,
        "creation_time": place.made_text,
        "read_write_dns": place.host,
        "effective_capacity": "CU_1",
        "effective_enable_pg_native_login": False,
        "effective_enable_readable_secondaries": False,
        "effective_node_count": 1,
        "effective_retention_window_in_days": 7,
        "effective_stopped": False,
    }


def _requested(body: Mapping[str, Any]) -> Role:
    kind = body.get("identity_type", "PG_ONLY")
    if kind not in (*IDENTITY_TYPES, "PG_ONLY"):
        raise InvalidParameter(f"Invalid identity_type: {kind}")
    return Role(
        name=str(body.get("name", "")),
        identity_type=None if kind == "PG_ONLY" else kind,
        is_superuser=body.get("membership_role") == MEMBERSHIP,
        attributes=Attributes.parse(body.get("attributes")),
    )


def _role(role: Role) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": role.name,
        "identity_type": role.identity_type or "PG_ONLY",
        "attributes": asdict(role.attributes),
        "effective_attributes": asdict(role.attributes),
        "instance_name": INSTANCE,
    }
    if role.is_superuser:
        shown["membership_role"] = MEMBERSHIP
    return shown
