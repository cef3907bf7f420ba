"""Runs, their parameters, tags and metrics: `/api/2.0/mlflow/runs/...`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, listed, number, text
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import InvalidParameter, NotFound
from local_workspace.search_filter import Facts, filtered, ordered, page
from local_workspace.tracking.experiments import Experiments, pairs


class Runs:
    """Keeps each run with all it logged."""

    def __init__(self, database: Database, experiments: Experiments) -> None:
        self._documents = Documents(database, "mlflow_run")
        self._experiments = experiments

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/2.0/mlflow`."""
        return {
            ("POST", "runs/create"): self._create,
            ("GET", "runs/get"): self._get,
            ("POST", "runs/update"): self._update,
            ("POST", "runs/delete"): self._delete,
            ("POST", "runs/restore"): self._restore,
            ("POST", "runs/search"): self._search,
            ("POST", "runs/log-metric"): self._log_metric,
            ("POST", "runs/log-parameter"): self._log_parameter,
            ("POST", "runs/log-batch"): self._log_batch,
            ("POST", "runs/set-tag"): self._set_tag,
            ("POST", "runs/delete-tag"): self._delete_tag,
            ("POST", "runs/log-inputs"): self._log_inputs,
            ("POST", "runs/outputs"): self._log_outputs,
            ("GET", "metrics/get-history"): self._history,
        }

    def require(self, caller: Caller, run_id: str, level: str) -> dict[str, Any]:
        """Return a run in an experiment on which the caller has at least this level.

        Raises:
            NotFound: there is none with that id.
            PermissionDenied: the caller may not.
        """
        run = self._documents.get(run_id)
        if run is None:
            raise NotFound(f"Run '{run_id}' not found.")
        self._experiments.require(caller, run["info"]["experiment_id"], level)
        return run

    def _create(self, caller: Caller, given: Given) -> dict[str, Any]:
        experiment = self._experiments.require(caller, text(given, "experiment_id"), "CAN_EDIT")
        run_id = uuid4().hex
        tags = {tag["key"]: tag["value"] for tag in listed(given, "tags")}
        name = given.get("run_name") or tags.get("mlflow.runName") or f"run-{run_id[:8]}"
        info = {
            "run_id": run_id,
            "run_uuid": run_id,
            "run_name": name,
            "experiment_id": experiment["experiment_id"],
            "user_id": caller.user_name,
            "status": "RUNNING",
            "start_time": number(given, "start_time", default=now()),
            "artifact_uri": f"{experiment['artifact_location']}/{run_id}/artifacts",
            "lifecycle_stage": "active",
        }
        tags |= {"mlflow.runName": name}
        run = {"info": info, "tags": tags, "params": {}, "metrics": {}, "inputs": {}, "outputs": []}
        return {"run": _view(self._save(run))}

    def _save(self, run: dict[str, Any]) -> dict[str, Any]:
        info = run["info"]
        self._documents.put(info["run_id"], run, parent=info["experiment_id"])
        return run

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"run": _view(self.require(caller, _run_id(given), "CAN_READ"))}

    def _update(self, caller: Caller, given: Given) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_EDIT")
        known = {key: given[key] for key in ("status", "end_time", "run_name") if given.get(key)}
        run["info"] |= known
        if "run_name" in known:
            run["tags"]["mlflow.runName"] = known["run_name"]
        return {"run_info": self._save(run)["info"]}

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._set_stage(caller, given, "deleted")

    def _restore(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._set_stage(caller, given, "active")

    def _set_stage(self, caller: Caller, given: Given, stage: str) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_EDIT")
        run["info"]["lifecycle_stage"] = stage
        self._save(run)
        return {}

    def _search(self, caller: Caller, given: Given) -> dict[str, Any]:
        stages = {"ACTIVE_ONLY": ["active"], "DELETED_ONLY": ["deleted"]}
        wanted = stages.get(given.get("run_view_type", "ACTIVE_ONLY"), ["active", "deleted"])
        runs = [
            run
            for experiment_id in listed(given, "experiment_ids")
            if self._experiments.may_read(caller, str(experiment_id))
            for run in self._documents.of(str(experiment_id))
            if run["info"]["lifecycle_stage"] in wanted
        ]
        by = [*listed(given, "order_by"), "attributes.start_time DESC"]
        found = ordered(filtered(runs, given.get("filter"), _facts), by, _facts)
        size = number(given, "max_results", default=1000)
        part, following = page(found, token=given.get("page_token"), size=size)
        return {"runs": [_view(run) for run in part], **following}

    def _log_metric(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._log(caller, given, metrics=[given])

    def _log_parameter(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._log(caller, given, params=[given])

    def _set_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._log(caller, given, tags=[given])

    def _log_batch(self, caller: Caller, given: Given) -> dict[str, Any]:
        kinds = {kind: listed(given, kind) for kind in ("metrics", "params", "tags")}
        return self._log(caller, given, **kinds)

    def _log(
        self,
        caller: Caller,
        given: Given,
        *,
        metrics: Sequence[Given] = (),
        params: Sequence[Given] = (),
        tags: Sequence[Given] = (),
    ) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_EDIT")
        for metric in metrics:
            run["metrics"].setdefault(text(metric, "key"), []).append(_point(metric))
        for param in params:
            key, value = text(param, "key"), str(param.get("value", ""))
            if run["params"].setdefault(key, value) != value:
                raise InvalidParameter(
                    f"Changing param values is not allowed. Param with key='{key}' was already "
                    f"logged with value='{run['params'][key]}' for run ID='{_run_id(given)}'. "
                    f"Attempted logging new value '{value}'."
                )
        for tag in tags:
            run["tags"][text(tag, "key")] = str(tag.get("value", ""))
        self._save(run)
        return {}

    def _delete_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_EDIT")
        if run["tags"].pop(text(given, "key"), None) is None:
            raise NotFound(f"No tag with name: {given['key']} in run with id {_run_id(given)}")
        self._save(run)
        return {}

    def _log_inputs(self, caller: Caller, given: Given) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_EDIT")
        for ours, theirs in (("dataset_inputs", "datasets"), ("model_inputs", "models")):
            run["inputs"].setdefault(ours, []).extend(listed(given, theirs))
        self._save(run)
        return {}

    def _log_outputs(self, caller: Caller, given: Given) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_EDIT")
        run["outputs"] += listed(given, "models")
        self._save(run)
        return {}

    def _history(self, caller: Caller, given: Given) -> dict[str, Any]:
        run = self.require(caller, _run_id(given), "CAN_READ")
        points = run["metrics"].get(text(given, "metric_key"), [])
        size = number(given, "max_results", default=25_000)
        part, following = page(points, token=given.get("page_token"), size=size)
        return {"metrics": part, **following}


def _run_id(given: Given) -> str:
    return text(given, "run_id" if given.get("run_id") else "run_uuid")


def _point(metric: Given) -> dict[str, Any]:
    return {
        "key": text(metric, "key"),
        "value": metric.get("value"),
        "timestamp": number(metric, "timestamp", default=now()),
        "step": number(metric, "step", default=0),
    }


def _latest(run: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the last point of each metric: that of the highest step, then time."""
    points = run["metrics"].values()
    return [max(each, key=lambda point: (point["step"], point["timestamp"])) for each in points]


def _view(run: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        "metrics": _latest(run),
        "params": pairs(run["params"]),
        "tags": pairs(run["tags"]),
    }
    outputs = {"model_outputs": run["outputs"]}
    return {"info": run["info"], "data": data, "inputs": run["inputs"], "outputs": outputs}


def _facts(run: Mapping[str, Any]) -> Facts:
    metrics = {point["key"]: point["value"] for point in _latest(run)}
    return {
        "attributes": run["info"],
        "tags": run["tags"],
        "params": run["params"],
        "metrics": metrics,
    }
