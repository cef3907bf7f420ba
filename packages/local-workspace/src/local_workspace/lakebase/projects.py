"""`/api/2.0/postgres`: Lakebase's autoscaling projects, of which there is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of, json_body
from local_workspace.errors import ApiError, InvalidParameter
from local_workspace.lakebase.branch_databases import branch_database_routes
from local_workspace.lakebase.branch_roles import branch_role_routes
from local_workspace.lakebase.credentials import LIFETIME, Credentials
from local_workspace.lakebase.databases import Databases
from local_workspace.lakebase.operations import Operations
from local_workspace.lakebase.place import Place
from local_workspace.lakebase.resource_names import (
    BRANCH,
    ENDPOINT,
    PROJECT,
    ROOT,
    not_found,
    require_branch,
    require_project,
)
from local_workspace.lakebase.roles import Roles

_SEVEN_DAYS, _FIVE_MINUTES = "604800s", "300s"


class _Projects:
    def __init__(self, place: Callable[[], Place], credentials: Credentials) -> None:
        self._place = place
        self._credentials = credentials

    async def list_projects(self, _: Request) -> Response:
        return JSONResponse({"projects": [_project(self._place())]})

    async def get_project(self, request: Request) -> Response:
        require_project(request)
        return JSONResponse(_project(self._place()))

    async def list_branches(self, request: Request) -> Response:
        require_project(request)
        return JSONResponse({"branches": [_branch(self._place())]})

    async def get_branch(self, request: Request) -> Response:
        require_branch(request)
        return JSONResponse(_branch(self._place()))

    async def list_endpoints(self, request: Request) -> Response:
        require_branch(request)
        return JSONResponse({"endpoints": [_endpoint(self._place())]})

    async def get_endpoint(self, request: Request) -> Response:
        require_branch(request)
        if request.path_params["endpoint"] != ENDPOINT.rpartition("/")[2]:
            raise not_found("endpoint")
        return JSONResponse(_endpoint(self._place()))

    async def generate_credential(self, request: Request) -> Response:
        body = await json_body(request)
        endpoint = str(body.get("endpoint") or "")
        if not endpoint:
            raise InvalidParameter(
                "Field 'endpoint' is required, expected non-default value (not \"\")!"
            )
        if endpoint != ENDPOINT:
            raise not_found("endpoint")
        credential = self._credentials.mint(
            caller_of(request), audience=endpoint, lifetime=_lifetime(body)
        )
        return JSONResponse({"token": credential.token, "expire_time": credential.expires_text})


def project_routes(
    place: Callable[[], Place], *, credentials: Credentials, roles: Roles, databases: Databases
) -> list[BaseRoute]:
    """Return the routes of the autoscaling API."""
    handlers = _Projects(place, credentials)
    operations = Operations()
    project, branch = f"{ROOT}/projects/{{project}}", f"{ROOT}/projects/{{project}}/branches"
    endpoints = f"{branch}/{{branch}}/endpoints"
    gets: dict[str, Callable[[Request], Awaitable[Response]]] = {
        f"{ROOT}/projects": handlers.list_projects,
        project: handlers.get_project,
        branch: handlers.list_branches,
        f"{branch}/{{branch}}": handlers.get_branch,
        endpoints: handlers.list_endpoints,
        f"{endpoints}/{{endpoint}}": handlers.get_endpoint,
        f"{ROOT}/{{resource:path}}/operations/{{operation}}": operations.get,
    }
    return [
        Route(f"{ROOT}/credentials", handlers.generate_credential, methods=["POST"]),
        *(Route(path, get, methods=["GET"]) for path, get in gets.items()),
        *(
            Route(path, _one_only, methods=["POST"])
            for path in (f"{ROOT}/projects", branch, endpoints)
        ),
        *branch_role_routes(roles, operations),
        *branch_database_routes(databases, roles=roles, operations=operations),
    ]


async def _one_only(_: Request) -> Response:
    raise ApiError(
        f"A local workspace has one Lakebase endpoint, '{ENDPOINT}'; "
        "no other project, branch or endpoint can be made.",
        error_code="FEATURE_DISABLED",
        status=400,
    )


def _lifetime(body: Mapping[str, Any]) -> timedelta:
    """Return the wished life of a token, of at most an hour."""
    lifetime = LIFETIME
    try:
        if body.get("ttl") is not None:
            lifetime = timedelta(seconds=float(str(body["ttl"]).removesuffix("s")))
        elif body.get("expire_time") is not None:
            lifetime = datetime.fromisoformat(str(body["expire_time"])) - datetime.now(UTC)
    except (ValueError, TypeError) as error:
        raise InvalidParameter("Invalid ttl or expire_time.") from error
    if not timedelta(seconds=1) <= lifetime <= LIFETIME:
        raise InvalidParameter("A token lives between a second and an hour.")
    return lifetime


def _project(place: Place) -> dict[str, Any]:
    return {
        "name": PROJECT,
        "project_id": "local",
        "uid": f"prj-local-{place.workspace_id[-6:]}",
        "create_time": place.made_text,
        "update_time": place.made_text,
        "status": {
            "project_id": "local",
            "default_branch": BRANCH,
            "display_name": "Local workspace",
            "pg_version": 18,
            "history_retention_duration": _SEVEN_DAYS,
            "enable_pg_native_login": False,
            "owner": place.owner,
        },
    }


def _branch(place: Place) -> dict[str, Any]:
    return {
        "name": BRANCH,
        "branch_id": "production",
        "parent": PROJECT,
        "uid": f"br-local-{place.workspace_id[-6:]}",
        "create_time": place.made_text,
        "update_time": place.made_text,
        "status": {
            "branch_id": "production",
            "current_state": "READY",
            "default": True,
            "is_protected": False,
        },
    }


def _endpoint(place: Place) -> dict[str, Any]:
    return {
        "name": ENDPOINT,
        "endpoint_id": "primary",
        "parent": BRANCH,
        "uid": f"ep-local-{place.workspace_id[-6:]}",
        "status": {
            "endpoint_id": "primary",
            "endpoint_type": "ENDPOINT_TYPE_READ_WRITE",
            "current_state": "ACTIVE",
            "hosts": {"host": place.host},
            "autoscaling_limit_min_cu": 0.5,
            "autoscaling_limit_max_cu": 2,
            "suspend_timeout_duration": _FIVE_MINUTES,
        },
    }
