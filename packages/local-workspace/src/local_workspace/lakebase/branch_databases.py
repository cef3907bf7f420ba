"""`/api/2.0/postgres/.../databases`: the databases of the branch."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import caller_of, json_body
from local_workspace.errors import InvalidParameter, PermissionDenied
from local_workspace.lakebase.databases import Database, Databases
from local_workspace.lakebase.operations import Operations
from local_workspace.lakebase.resource_names import (
    BRANCH,
    BRANCH_PATH,
    not_found,
    require_branch,
    require_no_replacement,
)
from local_workspace.lakebase.roles import Roles, resource_id


class _BranchDatabases:
    def __init__(self, databases: Databases, roles: Roles, operations: Operations) -> None:
        self._databases = databases
        self._roles = roles
        self._operations = operations

    async def list_databases(self, request: Request) -> Response:
        require_branch(request)
        role_ids = await self._role_ids()
        found = [_shown(one, role_ids[one.owner]) for one in await self._databases.all()]
        return JSONResponse({"databases": found})

    async def get_database(self, request: Request) -> Response:
        database = await self._named(request)
        return JSONResponse(_shown(database, (await self._role_ids())[database.owner]))

    async def create_database(self, request: Request) -> Response:
        require_branch(request)
        self._require_manager(request)
        require_no_replacement(request)
        spec = (await json_body(request)).get("spec") or {}
        owner_id = str(spec.get("role") or "").removeprefix(f"{BRANCH}/roles/")
        names = {role_id: name for name, role_id in (await self._role_ids()).items()}
        if not owner_id or owner_id not in names:
            raise InvalidParameter("Field 'database.spec.role' must name a role of the branch.")
        name = str(spec.get("postgres_database") or request.query_params.get("database_id") or "")
        if not name:
            raise InvalidParameter("Field 'database.spec.postgres_database' is required.")
        given = request.query_params.get("database_id") or resource_id(name, prefix="db")
        database = Database(name=name, owner=names[owner_id], given_id=given)
        await self._databases.create(database)
        shown = _shown(database, owner_id)
        return self._operations.done("Database", name=shown["name"], response=shown)

    async def delete_database(self, request: Request) -> Response:
        database = await self._named(request)
        self._require_manager(request)
        await self._databases.drop(database.name)
        return self._operations.done("Database", name=f"{BRANCH}/databases/{database.database_id}")

    async def _named(self, request: Request) -> Database:
        require_branch(request)
        wanted = request.path_params["database"]
        for database in await self._databases.all():
            if wanted in (database.database_id, database.name):
                return database
        raise not_found("database")

    def _require_manager(self, request: Request) -> None:
        caller = caller_of(request)
        if not self._roles.access.may_manage(caller):
            raise PermissionDenied(f"User {caller.user_name} does not have CAN MANAGE on {BRANCH}.")

    async def _role_ids(self) -> dict[str, str]:
        return {role.name: role.role_id for role in await self._roles.all()}


def branch_database_routes(
    databases: Databases, *, roles: Roles, operations: Operations
) -> list[BaseRoute]:
    """Return the routes of a branch's databases."""
    handlers = _BranchDatabases(databases, roles, operations)
    path = f"{BRANCH_PATH}/databases"
    return [
        Route(path, handlers.list_databases, methods=["GET"]),
        Route(path, handlers.create_database, methods=["POST"]),
        Route(f"{path}/{{database}}", handlers.get_database, methods=["GET"]),
        Route(f"{path}/{{database}}", handlers.delete_database, methods=["DELETE"]),
    ]


def _shown(database: Database, owner_id: str) -> dict[str, Any]:
    return {
        "name": f"{BRANCH}/databases/{database.database_id}",
        "database_id": database.database_id,
        "parent": BRANCH,
        "status": {
            "database_id": database.database_id,
            "postgres_database": database.name,
            "role": f"{BRANCH}/roles/{owner_id}",
        },
    }
