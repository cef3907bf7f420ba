"""The keys of our answers are those of recorded ones, situation by situation."""

from __future__ import annotations

import pytest
from databricks.sdk.service.jobs import (
    JobParameterDefinition,
    NotebookTask,
    QueueSettings,
    RunLifecycleStateV2State,
)

RUN = [
    "job_id",
    "run_id",
    "creator_user_name",
    "number_in_job",
    "original_attempt_run_id",
    "start_time",
    "setup_duration",
    "execution_duration",
    "cleanup_duration",
    "end_time",
    "trigger",
    "run_name",
    "run_page_url",
    "run_type",
    "format",
    "job_run_id",
    "state",
    "status",
]
TASK = [
    "task_key",
    "notebook_task",
    "run_id",
    "start_time",
    "setup_duration",
    "execution_duration",
    "cleanup_duration",
    "end_time",
    "attempt_number",
    "run_page_url",
    "state",
    "status",
]
SETTINGS = [
    "email_notifications",
    "webhook_notifications",
    "timeout_seconds",
    "max_concurrent_runs",
    "format",
    "name",
    "tasks",
    "parameters",
    "queue",
]
OPEN = ["life_cycle_state", "state_message", "user_cancelled_or_timedout"]
QUEUED = [*OPEN, "queue_reason"]
ENDED = [*OPEN, "result_state"]

SOURCE = """
import time
region = dbutils.widgets.get("region")
if region == "BOOM":
    raise ValueError(f"no such region: {region}")
time.sleep(60 if region == "LONG" else 0)
dbutils.notebook.exit("done")
"""


@pytest.fixture
def start(jobs_server, w):
    """Return a function that starts a run for a region, of one job that may queue."""
    task = jobs_server.notebook("shapes", SOURCE)
    region = JobParameterDefinition(name="region", default="ASIA")
    settings = {"name": "shapes", "tasks": [task], "parameters": [region]}
    job = w.jobs.create(**settings, max_concurrent_runs=1, queue=QueueSettings(enabled=True))

    def start(region: str) -> int:
        return w.jobs.run_now(job.job_id, job_parameters={"region": region}).run_id

    yield start
    w.jobs.cancel_all_runs(job_id=job.job_id)


@pytest.fixture
def answer(jobs_server):
    """Return a function that gives the JSON that the SDK would be given."""
    return lambda path: jobs_server.call("GET", f"/api/2.2/jobs/{path}").json()


def assert_keys(found: dict, expected: list[str]) -> None:
    assert sorted(found) == sorted(expected)


def test_a_successful_run(w, start, answer, wait_until):
    run_id = start("ASIA")
    wait_until(w, run_id)
    run = answer(f"runs/get?run_id={run_id}")
    assert_keys(run, [*RUN, "tasks", "job_parameters", "run_duration"])
    assert_keys(run["tasks"][0], TASK)
    assert_keys(run["state"], ENDED)
    assert_keys(run["status"], ["state", "termination_details"])
    assert run["status"]["termination_details"] == {
        "code": "SUCCESS",
        "type": "SUCCESS",
        "message": "",
    }
    assert run["job_parameters"] == [{"name": "region", "default": "ASIA", "value": "ASIA"}]
    assert len(str(run_id)) == 15


def test_a_failed_run_and_its_output(w, start, answer, wait_until):
    run_id = start("BOOM")
    wait_until(w, run_id)
    run = answer(f"runs/get?run_id={run_id}")
    assert_keys(run, [*RUN, "tasks", "job_parameters", "run_duration"])
    assert run["state"]["life_cycle_state"] == "INTERNAL_ERROR"
    assert run["tasks"][0]["state"]["life_cycle_state"] == "TERMINATED"
    message = "Workload failed, see run output for details"
    assert run["state"]["state_message"] == f"Task shapes failed with message: {message}."
    assert run["status"]["termination_details"]["code"] == "RUN_EXECUTION_ERROR"
    output = answer(f"runs/get-output?run_id={run['tasks'][0]['run_id']}")
    assert_keys(output, ["metadata", "error", "error_trace", "notebook_output"])
    metadata = [*RUN, "tasks", "job_parameters", "run_duration", "parent_run_id", "task_key"]
    assert_keys(output["metadata"], metadata)
    assert output["notebook_output"] == {}


def test_running_and_queued_runs(w, start, answer, wait_until):
    first, second = start("LONG"), start("ASIA")
    wait_until(w, first, lambda run: run.status.state is RunLifecycleStateV2State.RUNNING)
    running, queued = (answer(f"runs/get?run_id={run_id}") for run_id in (first, second))
    assert_keys(running, [*RUN, "tasks", "job_parameters"])
    assert_keys(running["state"], OPEN)
    assert running["status"] == {"state": "RUNNING"}
    assert_keys(queued, [*RUN, "tasks", "job_parameters"])
    message = "Queued due to reaching maximum concurrent runs of 1."
    for view in (queued, queued["tasks"][0]):
        assert_keys(view["state"], QUEUED)
        assert view["state"]["queue_reason"] == message
        details = {"code": "MAX_CONCURRENT_RUNS_REACHED", "message": message}
        assert view["status"] == {"state": "QUEUED", "queue_details": details}
    assert queued["tasks"][0]["start_time"] == 0


def test_a_run_that_waited_says_how_long(w, start, answer, wait_until):
    first, second = start("LONG"), start("ASIA")
    w.jobs.cancel_run(first)
    wait_until(w, second)
    run = answer(f"runs/get?run_id={second}")
    assert_keys(run, [*RUN, "tasks", "job_parameters", "run_duration", "queue_duration"])
    cancelled = answer(f"runs/get?run_id={first}")
    assert cancelled["state"] == {
        "life_cycle_state": "TERMINATED",
        "result_state": "CANCELED",
        "state_message": "Run cancelled.",
        "user_cancelled_or_timedout": True,
    }


def test_a_skipped_run(jobs_server, w, answer):
    task = jobs_server.notebook("skipped", "import time\ntime.sleep(60)")
    job = w.jobs.create(name="no queue", tasks=[task])
    first, second = (w.jobs.run_now(job.job_id).run_id for _ in range(2))
    run = answer(f"runs/get?run_id={second}")
    w.jobs.cancel_run(first)
    assert_keys(run, [*RUN, "tasks"])
    task = run["tasks"][0]
    for view in (run, task):
        assert_keys(view["state"], ENDED)
        assert view["state"]["life_cycle_state"] == "SKIPPED"
        assert view["state"]["result_state"] == "MAXIMUM_CONCURRENT_RUNS_REACHED"
    assert (task["start_time"], task["end_time"], task["state"]["state_message"]) == (0, 0, "")


def test_jobs_and_their_lists(jobs_server, w, start, answer):
    run_id = start("ASIA")
    job_id = w.jobs.get_run(run_id).job_id
    keys = ["job_id", "creator_user_name", "run_as_user_name", "created_time", "settings"]
    job = answer(f"get?job_id={job_id}")
    assert_keys(job, keys)
    assert_keys(job["settings"], SETTINGS)
    listed = answer("list?name=shapes")
    assert_keys(listed, ["jobs", "has_more"])
    assert job in listed["jobs"]
    runs = answer(f"runs/list?job_id={job_id}")
    assert_keys(runs, ["runs", "has_more"])
    assert set(RUN) < set(runs["runs"][0])
    assert "tasks" not in runs["runs"][0]


def test_errors_have_the_platforms_words(jobs_server, w, start, wait_until):
    run_id = start("ASIA")
    wait_until(w, run_id)
    path, body = "/api/2.2/jobs/run-now", {"job_id": 0}
    missing = jobs_server.call("POST", path, body=body)
    assert (missing.status_code, missing.json()) == (
        400,
        {"error_code": "INVALID_PARAMETER_VALUE", "message": "Job 0 does not exist."},
    )
    output = jobs_server.call("GET", f"/api/2.2/jobs/runs/get-output?run_id={run_id}")
    assert output.status_code == 400
    assert output.json()["message"] == (
        "Retrieving the output of runs with multiple tasks is not supported. "
        "Please retrieve the output of each individual task run instead."
    )


def test_the_sdk_reads_back_what_it_sent(w, start):
    run = w.jobs.get_run(start("ASIA"))
    assert run.tasks[0].notebook_task == NotebookTask(notebook_path="/Shared/shapes")
    settings = w.jobs.get(run.job_id).settings
    sent = {"task_key": "shapes", "notebook_task": {"notebook_path": "/Shared/shapes"}}
    assert [task.as_dict() for task in settings.tasks] == [sent]
