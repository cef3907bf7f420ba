"""Registered models and their versions, whatever API they are asked through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import AlreadyExists, InvalidParameter, NotFound, PermissionDenied
from local_workspace.registry.catalogs import Catalogs
from local_workspace.storage import Mount

PENDING, READY = "PENDING_REGISTRATION", "READY"
_MOUNT = "/Models"


class Models:
    """Keeps models, versions and aliases, and says who may do what with them."""

    def __init__(self, database: Database, catalogs: Catalogs, *, folder: Path) -> None:
        self._models = Documents(database, "registered_model")
        self._versions = Documents(database, "model_version")
        self._catalogs = catalogs
        self._folder = folder

    def mount(self) -> Mount:
        """Return the part of the Files API in which the files of versions are."""

        def check(caller: Caller, inside: str, writes: bool) -> None:
            catalog, schema, model, version = [*inside.split("/"), "", "", "", ""][:4]
            name = f"{catalog}.{schema}.{model}"
            self.require(caller, name, "MANAGE" if writes else "EXECUTE")
            if writes and self.version(name, version)["status"] != PENDING:
                raise PermissionDenied(f"Version {version} of '{name}' can no longer be written.")

        return Mount(prefix=_MOUNT, folder=self._folder, check=check, place=_place)

    def folder(self, name: str, version: str) -> Path:
        """Return where the files of a version are."""
        return self._folder.joinpath(*name.lower().split("."), version)

    def create(self, caller: Caller, name: str, *, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Make a registered model.

        Raises:
            InvalidParameter: the name has not three levels.
            NotFound: its schema is not there.
            AlreadyExists: there is one of that name.
        """
        name = name.lower()
        parts = name.split(".")
        if len(parts) != 3 or not all(parts) or "/" in name:
            raise InvalidParameter(
                f"Registered model name '{name}' must specify all three levels: "
                "catalog.schema.model."
            )
        self._catalogs.require(parts[0], parts[1])
        if self._models.get(name) is not None:
            raise AlreadyExists(f"Registered Model '{name}' already exists.", status=400)
        model = {
            "name": name,
            "owner": caller.user_name,
            "created": now(),
            "updated": now(),
            "description": "",
            "tags": {},
            "aliases": {},
            "grants": {},
            "last_version": 0,
            **facts,
        }
        self._models.put(name, model)
        return model

    def require(self, caller: Caller, name: str, privilege: str) -> dict[str, Any]:
        """Return a model that the caller may use (EXECUTE) or change (MANAGE).

        Raises:
            NotFound: there is none of that name.
            PermissionDenied: the caller may not.
        """
        model = self._models.get(name.lower())
        if model is None:
            raise NotFound(f"Routine or Model '{name.lower()}' does not exist.")
        principals = {caller.user_name, *caller.groups, "account users"}
        given = {each for who in principals for each in model["grants"].get(who, ())}
        allowed = {privilege, "ALL_PRIVILEGES", "MANAGE"} & given
        if not (caller.is_admin or caller.user_name == model["owner"] or allowed):
            raise PermissionDenied(
                f"User does not have {privilege} on Routine or Model '{model['name']}'."
            )
        return model

    def seen(self, caller: Caller) -> list[dict[str, Any]]:
        """Return the models that the caller may use."""
        found = []
        for model in self._models.all():
            try:
                found.append(self.require(caller, model["name"], "EXECUTE"))
            except PermissionDenied:
                continue
        return found

    def change(self, model: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
        """Write changed facts of a model and return it."""
        changed = {**model, **facts, "updated": now()}
        self._models.put(model["name"], changed)
        return changed

    def delete(self, model: Mapping[str, Any]) -> None:
        """Forget a model without versions.

        Raises:
            InvalidParameter: it has versions.
        """
        if self.versions(model["name"]):
            raise InvalidParameter(
                f"Model '{model['name']}' still has versions. Delete them first.",
                error_code="FAILED_PRECONDITION",
            )
        self._models.delete(model["name"])

    def add_version(self, model: Mapping[str, Any], facts: Mapping[str, Any]) -> dict[str, Any]:
        """Make the next version, whose files are still to come; numbers are not used twice."""
        name, number = model["name"], int(model["last_version"]) + 1
        self.change(model, last_version=number)
        version = {
            "name": name,
            "version": str(number),
            "created": now(),
            "updated": now(),
            "status": PENDING,
            "tags": {},
            "storage_location": f"{_MOUNT}/{name.replace('.', '/')}/{number}",
            **facts,
        }
        self.folder(name, str(number)).mkdir(parents=True, exist_ok=True)
        return self.change_version(version)

    def version(self, name: str, version: object) -> dict[str, Any]:
        """Return a version.

        Raises:
            NotFound: there is none of that number.
        """
        found = self._versions.get(_key(name, version))
        if found is None:
            raise NotFound(f"Model Version (name={name.lower()}, version={version}) not found.")
        return found

    def versions(self, name: str) -> list[dict[str, Any]]:
        """Return all versions of a model, the newest first."""
        return self._versions.of(name.lower())[::-1]

    def change_version(self, version: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
        """Write changed facts of a version and return it."""
        changed = {**version, **facts, "updated": now()}
        name = changed["name"]
        self._versions.put(_key(name, changed["version"]), changed, parent=name)
        return changed

    def delete_version(self, version: Mapping[str, Any]) -> None:
        """Forget a version; its aliases go with it, its files stay for who serves them."""
        model = self._models.get(version["name"])
        if model is not None:
            kept = {
                alias: number
                for alias, number in model["aliases"].items()
                if number != version["version"]
            }
            self.change(model, aliases=kept)
        self._versions.delete(_key(version["name"], version["version"]))


def _place(inside: str) -> str:
    """Return where a file of a version is: names have no case, the files in them have."""
    *names, rest = [*inside.split("/", 3), ""][:4]
    return "/".join([*(name.lower() for name in names), rest])


def _key(name: str, version: object) -> str:
    return f"{name.lower()}/{version}"
