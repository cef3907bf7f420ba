"""Traces in the form of MLflow 3: `/api/3.0/mlflow/traces/...`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, listed, number, text
from local_workspace.database import Database
from local_workspace.documents import Documents
from local_workspace.errors import NotFound
from local_workspace.search_filter import Facts, filtered, ordered, page
from local_workspace.tracking.experiments import ARTIFACTS, Experiments

_LOCATION = "mlflow.artifactLocation"


class Traces:
    """Keeps what is said about each trace; its spans are a file among the artifacts."""

    def __init__(self, database: Database, experiments: Experiments) -> None:
        self._documents = Documents(database, "trace")
        self._experiments = experiments

    def calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls under `/api/3.0/mlflow`."""
        return {
            ("POST", "traces"): self._start,
            ("POST", "traces/search"): self._search,
            ("POST", "traces/delete-traces"): self._delete,
            ("GET", "traces/{trace_id}"): self._get,
            ("POST", "traces/{trace_id}/assessments"): self._assess,
        }

    def tag_calls(self) -> dict[tuple[str, str], Call]:
        """Return the calls that MLflow's client has left under `/api/2.0/mlflow`."""
        return {
            ("PATCH", "traces/{trace_id}/tags"): self._set_tag,
            ("DELETE", "traces/{trace_id}/tags"): self._delete_tag,
            ("POST", "traces/delete-traces"): self._delete,
        }

    def require(self, caller: Caller, trace_id: str, level: str) -> dict[str, Any]:
        """Return a trace in an experiment on which the caller has at least this level.

        Raises:
            NotFound: there is none with that id.
            PermissionDenied: the caller may not.
        """
        trace = self._documents.get(trace_id)
        if trace is None:
            raise NotFound(f"Trace with ID {trace_id} is not found.")
        self._experiments.require(caller, experiment_of(trace), level)
        return trace

    def _start(self, caller: Caller, given: Given) -> dict[str, Any]:
        info = dict((given.get("trace") or {}).get("trace_info") or {})
        trace_id, experiment_id = text(info, "trace_id"), experiment_of(info)
        self._experiments.require(caller, experiment_id, "CAN_EDIT")
        known = self._documents.get(trace_id) or {}
        location = f"{ARTIFACTS}/{experiment_id}/{trace_id}/artifacts"
        info["tags"] = {**known.get("tags", {}), **(info.get("tags") or {}), _LOCATION: location}
        info["assessments"] = [*known.get("assessments", []), *info.get("assessments", [])]
        return {"trace": {"trace_info": self._save(info)}}

    def _save(self, trace: dict[str, Any]) -> dict[str, Any]:
        self._documents.put(trace["trace_id"], trace, parent=experiment_of(trace))
        return trace

    def _get(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"trace": {"trace_info": self.require(caller, given["trace_id"], "CAN_READ")}}

    def _set_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        trace = self.require(caller, given["trace_id"], "CAN_EDIT")
        trace["tags"][text(given, "key")] = str(given.get("value", ""))
        self._save(trace)
        return {}

    def _delete_tag(self, caller: Caller, given: Given) -> dict[str, Any]:
        trace = self.require(caller, given["trace_id"], "CAN_EDIT")
        if trace["tags"].pop(text(given, "key"), None) is None:
            raise NotFound(f"No tag with key '{given['key']}'.")
        self._save(trace)
        return {}

    def _assess(self, caller: Caller, given: Given) -> dict[str, Any]:
        trace = self.require(caller, given["trace_id"], "CAN_READ")
        assessment = {**(given.get("assessment") or {}), "assessment_id": f"a-{uuid4().hex}"}
        trace["assessments"].append(assessment)
        self._save(trace)
        return {"assessment": assessment}

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        experiment_id = text(given, "experiment_id")
        self._experiments.require(caller, experiment_id, "CAN_EDIT")
        wanted = listed(given, "request_ids") or listed(given, "trace_ids")
        gone = [each for each in self._documents.of(experiment_id) if each["trace_id"] in wanted]
        for trace in gone:
            self._documents.delete(trace["trace_id"])
        return {"traces_deleted": len(gone)}

    def _search(self, caller: Caller, given: Given) -> dict[str, Any]:
        experiments = [
            location.get("mlflow_experiment", {}).get("experiment_id")
            for location in listed(given, "locations")
        ]
        traces = [
            trace
            for experiment_id in experiments
            if experiment_id and self._experiments.may_read(caller, experiment_id)
            for trace in self._documents.of(experiment_id)
        ]
        by = listed(given, "order_by") or ["timestamp_ms DESC"]
        found = ordered(filtered(traces, given.get("filter"), _facts), by, _facts)
        size = number(given, "max_results", default=100)
        part, following = page(found, token=given.get("page_token"), size=size)
        return {"traces": part, **following}


def experiment_of(trace: Mapping[str, Any]) -> str:
    """Return the id of the experiment in which a trace is; MLflow alone keeps others' traces."""
    location = (trace.get("trace_location") or {}).get("mlflow_experiment") or {}
    return text(location, "experiment_id")


def _facts(trace: Mapping[str, Any]) -> Facts:
    metadata = trace.get("trace_metadata") or {}
    began = _milliseconds(str(trace.get("request_time") or ""))
    took = float(str(trace.get("execution_duration") or "0s").rstrip("s")) * 1000
    attributes = {
        **trace,
        "status": trace.get("state"),
        "timestamp_ms": began,
        "timestamp": began,
        "execution_time_ms": took,
        "execution_time": took,
        "run_id": metadata.get("mlflow.sourceRun"),
        "name": trace["tags"].get("mlflow.traceName"),
    }
    return {"attributes": attributes, "tags": trace["tags"], "metadata": metadata}


def _milliseconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).timestamp() * 1000
    except ValueError:
        return 0.0
