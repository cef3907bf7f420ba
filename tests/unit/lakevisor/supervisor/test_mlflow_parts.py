"""The parts of MLflow that are replaced without its knowledge are still where they are looked for.

An upgrade of MLflow that moves one must fail here: traces would go on, and the protection not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

RECORD = """
import json, sys
import mlflow
from mlflow.tracing.provider import _get_trace_exporter
from lakevisor.config import SECRETS
from lakevisor.supervisor.mlflow_tracing import MlflowSpans, start_mlflow
from lakevisor.supervisor.tracing import TracePolicy

SECRETS.learn("canary-secret")
mlflow.set_tracking_uri(sys.argv[1])
policy = TracePolicy(keeps_contents=True, sample_rate=1, caller_key=None)
tracing = start_mlflow("parts", policy)
try:
    with mlflow.start_span("theirs") as span:
        span.set_inputs({"key": "canary-secret"})
        span.set_attribute("key", "canary-secret")
        raise RuntimeError("canary-secret")
except RuntimeError:
    pass
try:
    with MlflowSpans(keeps_contents=True).span("ours", inputs="canary-secret"):
        raise RuntimeError("canary-secret")
except RuntimeError:
    pass
exporter = _get_trace_exporter()
mlflow.flush_trace_async_logging()
traces = mlflow.search_traces(return_type="list")
print(json.dumps({
    "is_ours": exporter._async_queue is tracing.queue,
    "spans": {
        span.name: {
            "told": json.dumps(span.to_dict()),
            "events": [each.name for each in span.events],
            "status": span.status.description,
        }
        for trace in traces for span in trace.data.spans
    },
}))
"""
"""In a process of its own: MLflow's tracing is global, and its imports warn."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Give what MLflow has kept of two spans that failed with a secret."""
    folder: Path = tmp_path_factory.mktemp("mlflow")
    done = subprocess.run(
        [sys.executable, "-c", RECORD, f"sqlite:///{folder}/mlflow.db"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_mlflow_exports_through_the_queue_that_no_process_waits_for(recorded: Any) -> None:
    assert recorded["is_ours"]


def test_events_that_mlflow_has_recorded_are_kept_without_secrets(recorded: Any) -> None:
    theirs = recorded["spans"]["theirs"]

    assert theirs["events"] == ["exception"]
    assert "[redacted]" in theirs["told"]
    assert "canary-secret" not in theirs["told"]


def test_the_words_of_a_failed_span_are_replaced(recorded: Any) -> None:
    ours = recorded["spans"]["ours"]

    assert ours["status"] == "RuntimeError: [redacted]"
    assert "canary-secret" not in ours["told"]
