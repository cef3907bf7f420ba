"""Logged models of MLflow 3: `/api/2.0/mlflow/logged-models/...`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, listed, number, text
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import NotFound
from local_workspace.search_filter import Facts, filtered, ordered, page
from local_workspace.tracking.experiments import Experiments, pairs


class LoggedModels:
    """Keeps models that are logged and not, or not yet, registered."""

    def __init__(self, database: Database, experiments: Experiments) -> None:
        self._documents = Documents(database, "logged_model")
        self._experiments = experiments

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.0/mlflow`."""
        return {
            ("POST", "logged-models"): self._create,
            ("POST", "logged-models/search"): self._search,
            ("GET", "logged-models/{model_id}"): self._get,
            ("PATCH", "logged-models/{model_id}"): self._finalize,
            ("DELETE", "logged-models/{model_id}"): self._delete,
            ("PATCH", "logged-models/{model_id}/tags"): self._set_tags,
            ("DELETE", "logged-models/{model_id}/tags/{tag_key}"): self._delete_tag,
            ("POST", "logged-models/{model_id}/params"): self._log_params,
        }

    def require(self, caller: Caller, model_id: str, level: str) -> dict[str, Any]:
        """Return a model in an experiment on which the caller has at least this level.

        Raises:
            NotFound: there is none with that id.
            PermissionDenied: the caller may not.
        """
        model = self._documents.get(model_id)
        if model is None:
            raise NotFound(f"Logged model with ID '{model_id}' not found.")
        self._experiments.require(caller, model["info"]["experiment_id"], level)
        return model

    def register(self, model_id: str, *, name: str, version: str) -> None:
        """Note that a model became a version in Unity Catalog."""
        model = self._documents.get(model_id)
        if model is not None:
            model["info"].setdefault("registrations", []).append({"name": name, "version": version})
            self._save(model)

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        experiment = self._experiments.require(caller, text(given, "experiment_id"), "CAN_EDIT")
        model_id = f"m-{uuid4().hex}"
        info = {
            "model_id": model_id,
            "experiment_id": experiment["experiment_id"],
            "name": given.get("name") or f"model-{model_id[2:10]}",
            "creation_timestamp_ms": now(),
            "last_updated_timestamp_ms": now(),
            "artifact_uri": (
                f"{experiment['artifact_location']}/logged_models/{model_id}/artifacts"
            ),
            "status": "LOGGED_MODEL_PENDING",
            "creator_id": caller.user_id,
            "model_type": given.get("model_type") or "",
            "source_run_id": given.get("source_run_id") or "",
        }
        tags = {tag["key"]: tag["value"] for tag in listed(given, "tags")}
        params = {param["key"]: param["value"] for param in listed(given, "params")}
        return {"model": _view(self._save({"info": info, "tags": tags, "params": params}))}

    def _save(self, model: dict[str, Any]) -> dict[str, Any]:
        info = model["info"]
        self._documents.put(info["model_id"], model, parent=info["experiment_id"])
        return model

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"model": _view(self.require(caller, text(given, "model_id"), "CAN_READ"))}

    def _finalize(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self.require(caller, text(given, "model_id"), "CAN_EDIT")
        model["info"] |= {"status": text(given, "status"), "last_updated_timestamp_ms": now()}
        return {"model": _view(self._save(model))}

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        self._documents.delete(
            self.require(caller, text(given, "model_id"), "CAN_EDIT")["info"]["model_id"]
        )
        return {}

    def _set_tags(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self.require(caller, text(given, "model_id"), "CAN_EDIT")
        model["tags"] |= {tag["key"]: tag["value"] for tag in listed(given, "tags")}
        return {"model": _view(self._save(model))}

    def _delete_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self.require(caller, text(given, "model_id"), "CAN_EDIT")
        if model["tags"].pop(text(given, "tag_key"), None) is None:
            raise NotFound(f"No tag with key '{given['tag_key']}'.")
        self._save(model)
        return {}

    def _log_params(self, caller: Caller, given: Given) -> dict[str, Any]:
        model = self.require(caller, text(given, "model_id"), "CAN_EDIT")
        model["params"] |= {param["key"]: param["value"] for param in listed(given, "params")}
        self._save(model)
        return {}

    def _search(self, caller: Caller, given: Given) -> dict[str, Any]:
        models = [
            model
            for experiment_id in listed(given, "experiment_ids")
            if self._experiments.may_read(caller, str(experiment_id))
            for model in self._documents.of(str(experiment_id))
        ]
        by = [
            f"{term['field_name']} {'ASC' if term.get('ascending') else 'DESC'}"
            for term in listed(given, "order_by")
        ]
        by.append("creation_timestamp DESC")
        found = ordered(filtered(models, given.get("filter"), _facts), by, _facts)
        size = number(given, "max_results", default=50)
        part, following = page(found, token=given.get("page_token"), size=size)
        return {"models": [_view(model) for model in part], **following}


def _view(model: Mapping[str, Any]) -> dict[str, Any]:
    info = {**model["info"], "tags": pairs(model["tags"])}
    return {"info": info, "data": {"params": pairs(model["params"])}}


def _facts(model: Mapping[str, Any]) -> Facts:
    info = model["info"]
    times = {
        "creation_timestamp": info["creation_timestamp_ms"],
        "last_updated_timestamp": info["last_updated_timestamp_ms"],
    }
    return {"attributes": {**info, **times}, "tags": model["tags"], "params": model["params"]}
