"""The registry as the SDK asks it: `/api/2.1/unity-catalog/models/...`, and grants on models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, number, text
from local_workspace.errors import InvalidParameter, NotFound
from local_workspace.registry.models import Models

_PRIVILEGES = ("EXECUTE", "MANAGE", "APPLY_TAG", "ALL_PRIVILEGES")
_SECURABLES = ("function", "FUNCTION")
"""How the SDK writes the type of a model, as a text and as an enum."""


class CatalogCalls:
    """`w.registered_models`, `w.model_versions`, and `w.grants` for models."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.1/unity-catalog`."""
        model = "models/{full_name}"
        grants = [f"permissions/{kind}/{{full_name}}" for kind in _SECURABLES]
        return {
            ("GET", "models"): self._list,
            ("POST", "models"): self._create,
            ("GET", model): self._get,
            ("DELETE", model): self._delete,
            ("PUT", f"{model}/aliases/{{alias}}"): self._set_alias,
            ("DELETE", f"{model}/aliases/{{alias}}"): self._delete_alias,
            ("GET", f"{model}/aliases/{{alias}}"): self._version_of_alias,
            ("GET", f"{model}/versions"): self._versions,
            ("GET", f"{model}/versions/{{version}}"): self._version,
            ("DELETE", f"{model}/versions/{{version}}"): self._delete_version,
            **{("GET", path): self._grants for path in grants},
            **{("PATCH", path): self._grant for path in grants},
        }

    def _list(self, caller: Caller, given: Given) -> dict[str, Any]:
        wanted = [given.get("catalog_name"), given.get("schema_name")]
        prefix = "".join(f"{name}." for name in wanted if name)
        found = [each for each in self._models.seen(caller) if each["name"].startswith(prefix)]
        return {"registered_models": [_view(each) for each in found]}

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = ".".join(text(given, part) for part in ("catalog_name", "schema_name", "name"))
        facts = {"description": given.get("comment") or ""}
        return _view(self._models.create(caller, name, facts=facts))

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        return _view(self._models.require(caller, given["full_name"], "EXECUTE"))

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        self._models.delete(self._models.require(caller, given["full_name"], "MANAGE"))
        return {}

    def _set_alias(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "MANAGE")
        version = number(given, "version_num", default=0)
        self._models.version(model["name"], version)
        aliases = {**model["aliases"], given["alias"]: str(version)}
        self._models.change(model, aliases=aliases)
        return {"alias_name": given["alias"], "version_num": version}

    def _delete_alias(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "MANAGE")
        kept = {each: at for each, at in model["aliases"].items() if each != given["alias"]}
        self._models.change(model, aliases=kept)
        return {}

    def _version_of_alias(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "EXECUTE")
        if given["alias"] not in model["aliases"]:
            raise NotFound(f"Alias '{given['alias']}' not found for model '{model['name']}'.")
        version = self._models.version(model["name"], model["aliases"][given["alias"]])
        return _version_view(version, model)

    def _versions(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "EXECUTE")
        found = self._models.versions(model["name"])
        return {"model_versions": [_version_view(each, model) for each in found]}

    def _version(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "EXECUTE")
        return _version_view(self._models.version(model["name"], given["version"]), model)

    def _delete_version(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "MANAGE")
        self._models.delete_version(self._models.version(model["name"], given["version"]))
        return {}

    def _grants(self, caller: Caller, given: Given) -> dict[str, Any]:
        return _grants_view(self._models.require(caller, given["full_name"], "EXECUTE"))

    def _grant(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._models.require(caller, given["full_name"], "MANAGE")
        grants = {who: set(kept) for who, kept in model["grants"].items()}
        for change in given.get("changes") or []:
            who, added, removed = _change(change)
            grants[who] = (grants.get(who, set()) | added) - removed
        kept_grants = {who: sorted(kept) for who, kept in grants.items() if kept}
        return _grants_view(self._models.change(model, grants=kept_grants))


def _change(change: Any) -> tuple[str, set[str], set[str]]:
    known = change if isinstance(change, dict) else {}
    added, removed = set(known.get("add") or ()), set(known.get("remove") or ())
    if not known.get("principal") or not added | removed <= set(_PRIVILEGES):
        raise InvalidParameter(
            f"Each change needs a principal, and add or remove with {', '.join(_PRIVILEGES)}."
        )
    return str(known["principal"]), added, removed


def _grants_view(model: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "privilege_assignments": [
            {"principal": who, "privileges": list(kept)} for who, kept in model["grants"].items()
        ]
    }


def _view(model: Mapping[str, Any]) -> dict[str, Any]:
    catalog, schema, name = model["name"].split(".")
    return {
        "full_name": model["name"],
        "catalog_name": catalog,
        "schema_name": schema,
        "name": name,
        "owner": model["owner"],
        "comment": model["description"],
        "created_at": model["created"],
        "updated_at": model["updated"],
        "aliases": [
            {"alias_name": alias, "version_num": int(version)}
            for alias, version in model["aliases"].items()
        ],
    }


def _version_view(version: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    catalog, schema, name = version["name"].split(".")
    return {
        "catalog_name": catalog,
        "schema_name": schema,
        "model_name": name,
        "version": int(version["version"]),
        "status": version["status"],
        "run_id": version.get("run_id"),
        "source": version.get("source"),
        "comment": version.get("description"),
        "storage_location": version["storage_location"],
        "created_at": version["created"],
        "updated_at": version["updated"],
        "created_by": version.get("user"),
        "aliases": [
            {"alias_name": alias, "version_num": int(at)}
            for alias, at in model["aliases"].items()
            if at == version["version"]
        ],
    }
