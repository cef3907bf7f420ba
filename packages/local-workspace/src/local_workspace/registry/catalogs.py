"""Catalogs and schemas: `/api/2.1/unity-catalog/catalogs` and `.../schemas`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, text
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied

CATALOG = "main"
_SAMPLES = "samples"
_NAME = re.compile(r"[^./\s\0]{1,255}")
Tables = Callable[[], Collection[tuple[str, ...]]]
"""Returns the tables of the warehouse, each as catalog, schema and name."""


class Catalogs:
    """The catalog `main` with the schemas that are made in it, and `samples` as it is."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._documents = Documents(database, "uc_schema")
        self._tables = tables

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.1/unity-catalog`."""
        return {
            ("GET", "catalogs"): self._list_catalogs,
            ("GET", "catalogs/{name}"): self._get_catalog,
            ("GET", "schemas"): self._list,
            ("POST", "schemas"): self._create,
            ("GET", "schemas/{full_name}"): self._get,
            ("DELETE", "schemas/{full_name}"): self._delete,
            ("GET", "tables/{full_name}/exists"): self._table_exists,
        }

    def require(self, catalog: str, schema: str) -> None:
        """Refuse the name of a schema that is not there.

        Raises:
            NotFound: there is no such schema.
        """
        if (catalog, schema) not in self._names():
            raise NotFound(
                f"Schema '{catalog}.{schema}' does not exist.", error_code="SCHEMA_DOES_NOT_EXIST"
            )

    def _names(self) -> set[tuple[str, str]]:
        made = {(each["catalog_name"], each["name"]) for each in self._documents.all()}
        return {(CATALOG, "default"), *made, *((table[0], table[1]) for table in self._tables())}

    def _list_catalogs(self, _: Caller, __: Given) -> dict[str, Any]:
        return {"catalogs": [_catalog(CATALOG), _catalog(_SAMPLES)]}

    def _get_catalog(self, _: Caller, given: Given) -> dict[str, Any]:
        if given["name"] not in (CATALOG, _SAMPLES):
            raise NotFound(
                f"Catalog '{given['name']}' does not exist.", error_code="CATALOG_DOES_NOT_EXIST"
            )
        return _catalog(given["name"])

    def _list(self, caller: Caller, given: Given) -> dict[str, Any]:
        catalog = self._get_catalog(caller, {"name": text(given, "catalog_name")})["name"]
        names = sorted(name for of, name in self._names() if of == catalog)
        return {"schemas": [self._view(catalog, name) for name in names]}

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        catalog, name = text(given, "catalog_name").lower(), text(given, "name").lower()
        self._get_catalog(caller, {"name": catalog})
        if catalog != CATALOG:
            raise PermissionDenied(f"User does not have CREATE SCHEMA on Catalog '{catalog}'.")
        if not _NAME.fullmatch(name):
            raise InvalidParameter(f"'{name}' is not a valid name.")
        if (catalog, name) in self._names():
            raise AlreadyExists(
                f"Schema '{catalog}.{name}' already exists.", error_code="SCHEMA_ALREADY_EXISTS"
            )
        schema = {
            "catalog_name": catalog,
            "name": name,
            "owner": caller.user_name,
            "created_at": now(),
            "comment": given.get("comment"),
        }
        self._documents.put(f"{catalog}.{name}", schema)
        return self._view(catalog, name)

    def _get(self, _: Caller, given: Given) -> dict[str, Any]:
        catalog, _, name = given["full_name"].lower().partition(".")
        self.require(catalog, name)
        return self._view(catalog, name)

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        full_name = given["full_name"].lower()
        schema = self._documents.get(full_name)
        if schema is None:
            raise NotFound(
                f"Schema '{full_name}' does not exist.", error_code="SCHEMA_DOES_NOT_EXIST"
            )
        if not caller.is_admin and schema["owner"] != caller.user_name:
            raise PermissionDenied(f"User does not have MANAGE on Schema '{full_name}'.")
        self._documents.delete(full_name)
        return {}

    def _view(self, catalog: str, name: str) -> dict[str, Any]:
        full_name = f"{catalog}.{name}"
        made = self._documents.get(full_name) or {"owner": "System"}
        return {"catalog_name": catalog, "name": name, **made, "full_name": full_name}

    def _table_exists(self, _: Caller, given: Given) -> dict[str, Any]:
        name = tuple(given["full_name"].lower().split("."))
        return {"table_exists": name in self._tables()}


def _catalog(name: str) -> dict[str, Any]:
    kind = "SYSTEM_CATALOG" if name == _SAMPLES else "MANAGED_CATALOG"
    return {"name": name, "full_name": name, "owner": "System", "catalog_type": kind}
