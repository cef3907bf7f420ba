"""The registry as MLflow's `databricks-uc` client asks it: `/api/2.0/mlflow/unity-catalog/...`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, listed, number, text
from local_workspace.documents import now
from local_workspace.errors import InvalidParameter, NotFound
from local_workspace.registry.models import READY, Models
from local_workspace.search_filter import page
from local_workspace.tracking.experiments import pairs
from local_workspace.tracking.logged_models import LoggedModels

_MODEL, _VERSION = "registered-models", "model-versions"
_ONE_NAME = re.compile(r"\s*name\s*=\s*(['\"])(?P<name>[^'\"]+)\1\s*", re.IGNORECASE)
_LINK_SECONDS = 3600


class MlflowCalls:
    """Each call of the client, in its own form."""

    def __init__(self, models: Models, logged_models: LoggedModels) -> None:
        self._models = models
        self._logged_models = logged_models

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.0/mlflow/unity-catalog`."""
        enabled = f"{_MODEL}:is-databricks-sdk-models-artifact-repository-enabled"
        return {
            ("POST", f"{_MODEL}/create"): self._create,
            ("GET", f"{_MODEL}/get"): self._get,
            ("PATCH", f"{_MODEL}/update"): self._update,
            ("DELETE", f"{_MODEL}/delete"): self._delete,
            ("GET", f"{_MODEL}/search"): self._search,
            ("POST", f"{_MODEL}/set-tag"): self._set_tag,
            ("DELETE", f"{_MODEL}/delete-tag"): self._delete_tag,
            ("POST", f"{_MODEL}/alias"): self._set_alias,
            ("DELETE", f"{_MODEL}/alias"): self._delete_alias,
            ("GET", f"{_MODEL}/alias"): self._get_by_alias,
            ("GET", enabled): _sdk_is_enabled,
            ("POST", f"{_VERSION}/create"): self._create_version,
            ("GET", f"{_VERSION}/get"): self._get_version,
            ("PATCH", f"{_VERSION}/update"): self._update_version,
            ("DELETE", f"{_VERSION}/delete"): self._delete_version,
            ("GET", f"{_VERSION}/search"): self._search_versions,
            ("POST", f"{_VERSION}/finalize"): self._finalize,
            ("POST", f"{_VERSION}/set-tag"): self._set_version_tag,
            ("DELETE", f"{_VERSION}/delete-tag"): self._delete_version_tag,
            ("GET", f"{_VERSION}/get-download-uri"): self._download_uri,
            ("POST", f"{_VERSION}/generate-temporary-credentials"): self._credentials,
            ("POST", f"{_VERSION}/emit-lineage"): _nothing,
        }

    def _model(self, caller: Caller, given: Given, privilege: str) -> dict[str, Any]:
        return self._models.require(caller, text(given, "name"), privilege)

    def _version(self, caller: Caller, given: Given, privilege: str) -> dict[str, Any]:
        model = self._model(caller, given, privilege)
        return self._models.version(model["name"], text(given, "version"))

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        facts = {
            "description": given.get("description") or "",
            "tags": {tag["key"]: tag.get("value", "") for tag in listed(given, "tags")},
        }
        made = self._models.create(caller, text(given, "name"), facts=facts)
        return {"registered_model": _model_view(made)}

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"registered_model": _model_view(self._model(caller, given, "EXECUTE"))}

    def _update(self, caller: Caller, given: Given) -> dict[str, Any]:
        if given.get("new_name"):
            raise InvalidParameter("The local workspace renames no models.")
        model = self._model(caller, given, "MANAGE")
        changed = self._models.change(model, description=given.get("description") or "")
        return {"registered_model": _model_view(changed)}

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._model(caller, given, "MANAGE")
        for version in self._models.versions(model["name"]):
            self._models.delete_version(version)
        self._models.delete(model)
        return {}

    def _search(self, caller: Caller, given: Given) -> dict[str, Any]:
        size = number(given, "max_results", default=100)
        part, following = page(self._models.seen(caller), token=given.get("page_token"), size=size)
        return {"registered_models": [_model_view(each) for each in part], **following}

    def _set_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._model(caller, given, "MANAGE")
        self._models.change(model, tags={**model["tags"], text(given, "key"): given.get("value")})
        return {}

    def _delete_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._model(caller, given, "MANAGE")
        self._models.change(model, tags=_without(model["tags"], text(given, "key")))
        return {}

    def _set_alias(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._model(caller, given, "MANAGE")
        version = self._models.version(model["name"], text(given, "version"))["version"]
        self._models.change(model, aliases={**model["aliases"], text(given, "alias"): version})
        return {}

    def _delete_alias(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._model(caller, given, "MANAGE")
        self._models.change(model, aliases=_without(model["aliases"], text(given, "alias")))
        return {}

    def _get_by_alias(self, caller: Caller, given: Given) -> dict[str, Any]:
        model, alias = self._model(caller, given, "EXECUTE"), text(given, "alias")
        if alias not in model["aliases"]:
            raise NotFound(f"Alias '{alias}' not found for model '{model['name']}'.")
        found = self._models.version(model["name"], model["aliases"][alias])
        return {"model_version": _version_view(found, model)}

    def _create_version(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self._model(caller, given, "MANAGE")
        known = ("source", "run_id", "run_tracking_server_id", "description", "model_id")
        facts = {name: given[name] for name in known if given.get(name)}
        facts["tags"] = {tag["key"]: tag.get("value", "") for tag in listed(given, "tags")}
        facts["dependencies"] = listed(given, "model_version_dependencies")
        facts["user"] = caller.user_name
        return {"model_version": _version_view(self._models.add_version(model, facts), model)}

    def _get_version(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self._version(caller, given, "EXECUTE")
        return {"model_version": _version_view(found, self._model(caller, given, "EXECUTE"))}

    def _update_version(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self._version(caller, given, "MANAGE")
        changed = self._models.change_version(found, description=given.get("description") or "")
        return {"model_version": _version_view(changed, self._model(caller, given, "MANAGE"))}

    def _delete_version(self, caller: Caller, given: Given) -> dict[str, Any]:
        self._models.delete_version(self._version(caller, given, "MANAGE"))
        return {}

    def _search_versions(self, caller: Caller, given: Given) -> dict[str, Any]:
        match = _ONE_NAME.fullmatch(str(given.get("filter") or ""))
        if match is None:
            raise InvalidParameter("Unity Catalog finds versions by \"name = 'model_name'\" alone.")
        try:
            model = self._models.require(caller, match["name"], "EXECUTE")
        except NotFound:
            return {"model_versions": []}
        size = number(given, "max_results", default=10_000)
        found = self._models.versions(model["name"])
        part, following = page(found, token=given.get("page_token"), size=size)
        return {"model_versions": [_version_view(each, model) for each in part], **following}

    def _finalize(self, caller: Caller, given: Given) -> dict[str, Any]:
        model, found = self._model(caller, given, "MANAGE"), self._version(caller, given, "MANAGE")
        if not (self._models.folder(found["name"], found["version"]) / "MLmodel").is_file():
            raise InvalidParameter("The files of the model version have no MLmodel file.")
        ready = self._models.change_version(found, status=READY)
        if ready.get("model_id"):
            self._logged_models.register(
                ready["model_id"], name=ready["name"], version=ready["version"]
            )
        return {"model_version": _version_view(ready, model)}

    def _set_version_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self._version(caller, given, "MANAGE")
        tags = {**found["tags"], text(given, "key"): given.get("value")}
        self._models.change_version(found, tags=tags)
        return {}

    def _delete_version_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self._version(caller, given, "MANAGE")
        self._models.change_version(found, tags=_without(found["tags"], text(given, "key")))
        return {}

    def _download_uri(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"artifact_uri": self._version(caller, given, "EXECUTE")["storage_location"]}

    def _credentials(self, caller: Caller, given: Given) -> dict[str, Any]:
        """Say that the files are in the workspace's own storage: the Files API, no cloud's keys."""
        writes = given.get("operation") == "MODEL_VERSION_OPERATION_READ_WRITE"
        self._version(caller, given, "MANAGE" if writes else "EXECUTE")
        expires = now() + _LINK_SECONDS * 1000
        return {"credentials": {"storage_mode": "DEFAULT_STORAGE", "expiration_time": expires}}


def _sdk_is_enabled(_: Caller, __: Given) -> dict[str, Any]:
    return {"is_databricks_sdk_models_artifact_repository_enabled": True}


def _nothing(_: Caller, __: Given) -> dict[str, Any]:
    """Take lineage, which this workspace does not keep."""
    return {}


def _without(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    if key not in values:
        raise NotFound(f"There is no '{key}' to delete.")
    return {name: value for name, value in values.items() if name != key}


def _model_view(model: Mapping[str, Any]) -> dict[str, Any]:
    aliases = [{"alias": alias, "version": version} for alias, version in model["aliases"].items()]
    return {
        "name": model["name"],
        "creation_timestamp": model["created"],
        "last_updated_timestamp": model["updated"],
        "user_id": model["owner"],
        "description": model["description"],
        "tags": pairs(model["tags"]),
        "aliases": aliases,
    }


def _version_view(version: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    known = ("source", "run_id", "run_tracking_server_id", "description", "model_id")
    aliases = [
        {"alias": alias, "version": number}
        for alias, number in model["aliases"].items()
        if number == version["version"]
    ]
    return {
        "name": version["name"],
        "version": version["version"],
        "creation_timestamp": version["created"],
        "last_updated_timestamp": version["updated"],
        "user_id": version.get("user"),
        "status": version["status"],
        "storage_location": version["storage_location"],
        "tags": pairs(version["tags"]),
        "aliases": aliases,
        **{name: version[name] for name in known if version.get(name)},
    }
