"""One turn is one trace in MLflow, which knows what was launched and stands on the job's run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAUNCH = "Analyze all customer transactions for anomalies"
JOB = "agents.jobs.jobs.transaction_anomalies"
READ = """
import json, sys, mlflow
mlflow.set_tracking_uri(sys.argv[1])
experiment = mlflow.get_experiment_by_name("turns")
found = mlflow.search_traces(
    locations=[experiment.experiment_id], filter_string=sys.argv[2], return_type="list"
)
print(json.dumps([
    {
        "trace_id": each.info.trace_id,
        "session": each.info.trace_metadata["mlflow.trace.session"],
        "tags": each.info.tags,
        "user": each.info.trace_metadata["mlflow.trace.user"],
        "usage": each.info.token_usage,
        "spans": [
            {
                "name": span.name,
                "type": span.span_type,
                "below": next((e.name for e in each.data.spans if e.span_id == span.parent_id), ""),
                "inputs": span.inputs,
                "outputs": span.outputs,
                "attributes": {n: v for n, v in span.attributes.items() if n[:7] != "mlflow."},
                "status": [span.status.status_code.value, span.status.description],
            }
            for span in each.data.spans
        ],
    }
    for each in found
]))
"""
"""In a process of its own: MLflow's tracing is global, and its imports warn."""


@pytest.fixture(scope="module")
def tracking_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give a store of MLflow in a file."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"


@pytest.fixture
def traces(tracking_uri: str) -> Callable[[str], Sequence[Any]]:
    """Give a function that returns the traces that a filter finds."""

    def search(filter_string: str) -> Sequence[Any]:
        command = [sys.executable, "-c", READ, tracking_uri, filter_string]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        found: Sequence[Any] = json.loads(done.stdout.splitlines()[-1])
        return found

    return search


@pytest.fixture(scope="module")
def job_id(workspace: Any) -> int:
    """Give a job that declares a parameter for the trace, and ends at once."""
    names = ("user_request", "thread_id", "trace_id")
    task = {"op": "EQUAL_TO", "left": "1", "right": "1"}
    settings = {
        "name": "Traced",
        "tasks": [{"task_key": "nothing", "condition_task": task}],
        "parameters": [{"name": name, "default": ""} for name in names],
    }
    made: int = workspace.call("POST", "/api/2.2/jobs/create", body=settings).json()["job_id"]
    return made


@pytest.fixture
def ask_traced(
    ask_in_a_process: Any, workspace: Any, job_id: int, tracking_uri: str
) -> Callable[..., Any]:
    """Give a function that asks one question in a process whose turns are traced."""

    async def ask(text: str, *more: str, tracking_uri: str = tracking_uri, **variables: str) -> Any:
        changes = [
            *more,
            "tracing.enabled=true",
            "tracing.experiment=turns",
            "workspace.connect_timeout_seconds=30",
            f"{JOB}.job_id={job_id}",
            f"{JOB}.trace_parameter=trace_id",
        ]
        environment = {"MLFLOW_TRACKING_URI": tracking_uri, "MLFLOW_HTTP_REQUEST_TIMEOUT": "1"}
        environment |= variables
        done = await ask_in_a_process(workspace, text, changes=changes, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return ask


async def test_a_launch_is_one_trace_that_is_found_by_its_run(
    ask_traced: Any, traces: Any, workspace: Any, read_audit: Any
) -> None:
    answer = await ask_traced(LAUNCH)

    (operation,) = answer["operations"]
    (trace,) = traces(f"tags.`lakevisor.run_id` = '{operation['run_id']}'")
    run = workspace.client().jobs.get_run(int(operation["run_id"]))
    assert {each.name: each.value for each in run.job_parameters}["trace_id"] == trace["trace_id"]
    spans = {each["name"]: each for each in trace["spans"]}
    root = spans["turn"]["attributes"]
    assert (root["run_id"], root["job"]) == (operation["run_id"], "transaction_anomalies")
    assert trace["tags"]["lakevisor.job"] == "transaction_anomalies"
    assert trace["session"] == trace["tags"]["lakevisor.thread_id"] == answer["thread_id"]
    acts = [each for each in await read_audit(workspace) if each["trace_id"] == trace["trace_id"]]
    assert [each["action"] for each in acts] == ["intended", "launched"]
    assert acts[1]["run_id"] == operation["run_id"]
    assert acts[1]["thread_id"] == answer["thread_id"]
    assert {name: (each["type"], each["below"]) for name, each in spans.items()} == {
        "turn": ("AGENT", ""),
        "supervisor": ("AGENT", "turn"),
        "model call": ("CHAT_MODEL", "supervisor"),
        "start_databricks_job": ("TOOL", "turn"),
        "launch": ("TASK", "start_databricks_job"),
    }
    assert spans["launch"]["attributes"]["run_id"] == operation["run_id"]
    assert spans["turn"]["outputs"] == {"answer": answer["text"]}
    assert trace["usage"]["total_tokens"] == root["total_tokens"] > 0
    assert (root["model_calls"], trace["user"]) == (1, root["caller"])


async def test_without_contents_a_trace_has_facts_alone(ask_traced: Any, traces: Any) -> None:
    answer = await ask_traced(
        "How many customers are there?",
        "tracing.contents=none",
        "tracing.caller_key=env:CALLER_KEY",
        CALLER_KEY="a key that nobody knows",
    )

    (trace,) = traces(f"tags.`lakevisor.thread_id` = '{answer['thread_id']}'")
    spans = {each["name"]: each for each in trace["spans"]}
    assert spans["genie question"]["below"] == "query_genie"
    assert spans["genie question"]["attributes"]["outcome"] == "answered"
    assert [(each["inputs"], each["outputs"]) for each in trace["spans"]] == [(None, None)] * 5
    told = json.dumps(trace)
    assert "customers" not in told
    assert "@" not in trace["user"]
    assert len(trace["user"]) == 32


async def test_a_tracking_server_that_is_away_keeps_nobody_from_working(ask_traced: Any) -> None:
    answer = await ask_traced("Hello", tracking_uri="http://127.0.0.1:9")

    assert answer["text"]
