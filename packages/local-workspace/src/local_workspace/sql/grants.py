"""Who may read which table: the privileges of Unity Catalog, as far as a query needs them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import Caller, caller_of, json_body
from local_workspace.database import Database
from local_workspace.errors import InvalidParameter, NotFound, PermissionDenied
from local_workspace.identity import SERVICE_PRINCIPALS, USERS
from local_workspace.sql.failure import SqlFailed

_EVERYONE = "account users"
_PRIVILEGES = ("SELECT", "ALL_PRIVILEGES")
_UNTOUCHED: Mapping[str, Sequence[str]] = {_EVERYONE: ["SELECT"]}
"""What holds for a table until somebody changes it: everyone may read."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS table_grants (
    full_name TEXT PRIMARY KEY,
    grants TEXT NOT NULL             -- JSON, principal -> privileges
)
"""


class Grants:
    """Keeps who may read which table, and `/api/2.1/unity-catalog/permissions/table/{name}`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._callers = {each.user_id: each for each in (*USERS, *SERVICE_PRINCIPALS.values())}
        database.create(_SCHEMA)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes that show and change the privileges on a table."""
        # The SDK takes the type of a securable in any case.
        path = "/api/2.1/unity-catalog/permissions/{securable_type}/{full_name}"
        return [
            Route(path, self._get, methods=["GET"]),
            Route(path, self._change, methods=["PATCH"]),
        ]

    def check(self, user_id: int, tables: Iterable[tuple[str, ...]]) -> None:
        """Refuse a query on a table that its sender may not read.

        Args:
            user_id: Who sent it; 0 is the workspace itself.
            tables: The tables that it names, each as the parts of its name.

        Raises:
            SqlFailed: in the platform's words, about the first of them.
        """
        caller = self._callers.get(user_id)
        if caller is None or caller.is_admin:
            return
        for name in sorted(".".join(parts) for parts in tables):
            if not self._may_read(caller, name):
                raise SqlFailed(
                    "INSUFFICIENT_PERMISSIONS",
                    f"Insufficient privileges: User does not have SELECT on Table '{name}'.",
                    sql_state="42501",
                )

    def _may_read(self, caller: Caller, name: str) -> bool:
        principals = {caller.user_name, *caller.groups, _EVERYONE}
        return any(given for who, given in self._of(name).items() if who in principals)

    async def _get(self, request: Request) -> Response:
        return JSONResponse(_view(self._of(_table(request))))

    async def _change(self, request: Request) -> Response:
        name, caller = _table(request), caller_of(request)
        if not caller.is_admin:
            raise PermissionDenied(f"User does not have MANAGE on Table '{name}'.")
        grants = {who: list(given) for who, given in self._of(name).items()}
        for change in (await json_body(request)).get("changes") or []:
            who, added, removed = _parsed(change)
            kept = [each for each in grants.get(who, []) if each not in removed]
            grants[who] = sorted({*kept, *added})
        kept_grants = {who: given for who, given in grants.items() if given}
        self._database.rows(
            "INSERT OR REPLACE INTO table_grants (full_name, grants) VALUES (?, ?)",
            (name, json.dumps(kept_grants)),
        )
        return JSONResponse(_view(kept_grants))

    def _of(self, name: str) -> Mapping[str, Sequence[str]]:
        rows = self._database.rows("SELECT grants FROM table_grants WHERE full_name = ?", (name,))
        if not rows:
            return _UNTOUCHED
        grants: Mapping[str, Sequence[str]] = json.loads(rows[0]["grants"])
        return grants


def _table(request: Request) -> str:
    kind = request.path_params["securable_type"]
    if kind.lower() != "table":
        raise NotFound(f"The local workspace keeps privileges on tables only, not on a {kind}.")
    return str(request.path_params["full_name"]).lower()


def _parsed(change: Any) -> tuple[str, list[str], list[str]]:
    """Return who gets and who loses which privileges by one change of a request."""
    known = change if isinstance(change, dict) else {}
    added, removed = known.get("add") or [], known.get("remove") or []
    if not known.get("principal") or not {*added, *removed} <= set(_PRIVILEGES):
        raise InvalidParameter(
            f"Each change needs a principal, and add or remove with {' or '.join(_PRIVILEGES)}."
        )
    return str(known["principal"]), added, removed


def _view(grants: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {
        "privilege_assignments": [
            {"principal": who, "privileges": list(given)} for who, given in grants.items()
        ]
    }
