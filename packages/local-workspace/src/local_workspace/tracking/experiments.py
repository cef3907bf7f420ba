"""Experiments: `/api/2.0/mlflow/experiments/...`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from local_workspace.access_lists import EVERYONE, AccessLists, Kind
from local_workspace.area import Caller
from local_workspace.calls import Call, Given, listed, number, text
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import AlreadyExists, InvalidParameter, NotFound
from local_workspace.search_filter import Facts, filtered, ordered, page
from local_workspace.storage import WorkspaceFiles

_LEVELS = ("CAN_READ", "CAN_EDIT", "CAN_MANAGE")
ARTIFACTS = "dbfs:/databricks/mlflow-tracking"
"""Where all artifacts are, in MLflow's words."""


class Experiments:
    """Makes, finds and guards experiments; runs, models and traces ask it who may."""

    def __init__(self, database: Database, files: WorkspaceFiles) -> None:
        self._documents = Documents(database, "experiment")
        self._files = files
        self.access = AccessLists(database, Kind("experiments", "mlflowExperiment", _LEVELS))

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.0/mlflow`."""
        return {
            ("POST", "experiments/create"): self._create,
            ("GET", "experiments/get"): self._get,
            ("GET", "experiments/get-by-name"): self._get_by_name,
            ("POST", "experiments/search"): self._search,
            ("GET", "experiments/search"): self._search,
            ("POST", "experiments/update"): self._update,
            ("POST", "experiments/delete"): self._delete,
            ("POST", "experiments/restore"): self._restore,
            ("POST", "experiments/set-experiment-tag"): self._set_tag,
            ("POST", "experiments/delete-experiment-tag"): self._delete_tag,
        }

    def require(self, caller: Caller, experiment_id: object, level: str) -> dict[str, Any]:
        """Return an experiment on which the caller has at least this level.

        Raises:
            NotFound: there is none with that id.
            PermissionDenied: the caller may not.
        """
        found = self._documents.get(str(experiment_id))
        if found is None:
            raise NotFound(f"No experiment was found with id {experiment_id}.")
        self.access.require(caller, level, found["experiment_id"])
        return found

    def may_read(self, caller: Caller, experiment_id: str) -> bool:
        """Whether there is such an experiment and the caller may read it."""
        known = self._documents.get(experiment_id) is not None
        return known and self.access.level(caller, experiment_id) is not None

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = text(given, "name")
        if not name.startswith("/"):
            raise InvalidParameter(
                f"Got an invalid experiment name '{name}'. An experiment name must be an absolute "
                "path within the Databricks workspace. E.g. "
                "'/Users/<some-username>/my-experiment'."
            )
        if self._named(name):
            raise AlreadyExists(f"Node named '{name}' already exists", status=400)
        parent = name.rpartition("/")[0]
        if not self._files.file(caller, name, writes=True).parent.is_dir():
            raise NotFound(f"Parent directory {parent} does not exist.")
        experiment_id = str(10**15 + secrets.randbelow(9 * 10**15))
        experiment = {
            "experiment_id": experiment_id,
            "name": name,
            "artifact_location": f"{ARTIFACTS}/{experiment_id}",
            "lifecycle_stage": "active",
            "creation_time": now(),
            "last_update_time": now(),
            "tags": {tag["key"]: tag["value"] for tag in listed(given, "tags")}
            | {"mlflow.ownerEmail": caller.user_name, "mlflow.experimentType": "MLFLOW_EXPERIMENT"},
        }
        self._documents.put(experiment_id, experiment)
        shared = {EVERYONE: "CAN_MANAGE"} if name.startswith("/Shared/") else {}
        self.access.add(experiment_id, owner=caller.user_name, grants=shared)
        return {"experiment_id": experiment_id}

    def _named(self, name: str) -> dict[str, Any] | None:
        active = [each for each in self._documents.all() if each["lifecycle_stage"] == "active"]
        return next((each for each in active if each["name"] == name), None)

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self.require(caller, text(given, "experiment_id"), "CAN_READ")
        return {"experiment": _view(found)}

    def _get_by_name(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = text(given, "experiment_name")
        found = self._named(name)
        if found is None:
            raise NotFound(f"Node {name} does not exist.")
        return self._get(caller, found)

    def _search(self, caller: Caller, given: Given) -> dict[str, Any]:
        stages = {"ACTIVE_ONLY": ["active"], "DELETED_ONLY": ["deleted"]}
        wanted = stages.get(given.get("view_type", "ACTIVE_ONLY"), ["active", "deleted"])
        seen = [
            each
            for each in self._documents.all()
            if each["lifecycle_stage"] in wanted and self.may_read(caller, each["experiment_id"])
        ]
        by = listed(given, "order_by") or ["last_update_time DESC"]
        found = ordered(filtered(seen, given.get("filter"), _facts), by, _facts)
        size = number(given, "max_results", default=1000)
        part, following = page(found, token=given.get("page_token"), size=size)
        return {"experiments": [_view(each) for each in part], **following}

    def _update(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._change(caller, given, {"name": text(given, "new_name")})

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._change(caller, given, {"lifecycle_stage": "deleted"})

    def _restore(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._change(caller, given, {"lifecycle_stage": "active"})

    def _set_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self.require(caller, text(given, "experiment_id"), "CAN_EDIT")
        tags = {**found["tags"], text(given, "key"): str(given.get("value", ""))}
        return self._change(caller, given, {"tags": tags})

    def _delete_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        found = self.require(caller, text(given, "experiment_id"), "CAN_EDIT")
        tags = {key: value for key, value in found["tags"].items() if key != text(given, "key")}
        return self._change(caller, given, {"tags": tags})

    def _change(self, caller: Caller, given: Given, change: Mapping[str, Any]) -> dict[str, Any]:
        found = self.require(caller, text(given, "experiment_id"), "CAN_EDIT")
        self._documents.put(found["experiment_id"], {**found, **change, "last_update_time": now()})
        return {}


def pairs(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a mapping as MLflow writes it: a list of keys and values."""
    return [{"key": key, "value": value} for key, value in values.items()]


def _view(experiment: Mapping[str, Any]) -> dict[str, Any]:
    return {**experiment, "tags": pairs(experiment["tags"])}


def _facts(experiment: Mapping[str, Any]) -> Facts:
    return {"attributes": experiment, "tags": experiment["tags"]}
