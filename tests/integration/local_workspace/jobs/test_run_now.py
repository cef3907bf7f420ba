"""Starting runs through the real SDK."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from databricks.sdk.errors import InvalidParameterValue, PermissionDenied, ResourceDoesNotExist
from databricks.sdk.service.jobs import (
    JobParameterDefinition,
    QueueSettings,
    RunLifeCycleState,
    RunResultState,
    TerminationCodeCode,
)

EXIT = "import json\ndbutils.notebook.exit(json.dumps(dbutils.widgets.getAll()))"
SLEEP = "import time\ntime.sleep(60)"


def test_a_run_ends_with_the_notebooks_exit_value(jobs_server, w, wait_until):
    task = jobs_server.notebook("report", "dbutils.notebook.exit('42 rows')")
    job = w.jobs.create(name="report", tasks=[task])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    assert run.state.result_state is RunResultState.SUCCESS
    output = w.jobs.get_run_output(run.tasks[0].run_id)
    assert output.notebook_output.result == "42 rows"
    assert output.notebook_output.truncated is False


def test_the_sdks_own_waiter_sees_the_end(jobs_server, w):
    job = w.jobs.create(name="waited for", tasks=[jobs_server.notebook("quick", "pass")])
    run = w.jobs.run_now(job.job_id).result()
    assert run.state.life_cycle_state is RunLifeCycleState.TERMINATED


def test_job_parameters_overlay_the_notebooks_own(jobs_server, w, wait_until):
    task = jobs_server.notebook("parameters", EXIT)
    task.notebook_task.base_parameters = {"region": "base", "year": "1998", "run": "{{job.run_id}}"}
    region = JobParameterDefinition(name="region", default="ASIA")
    job = w.jobs.create(name="parameters", tasks=[task], parameters=[region])
    started = w.jobs.run_now(job.job_id, job_parameters={"region": "EUROPE", "unknown": "kept"})
    run = wait_until(w, started.run_id)
    result = w.jobs.get_run_output(run.tasks[0].run_id).notebook_output.result
    assert result == (
        f'{{"region": "EUROPE", "year": "1998", "run": "{run.run_id}", "unknown": "kept"}}'
    )


def test_notebook_params_are_the_older_way_to_say_it(jobs_server, w, wait_until):
    task = jobs_server.notebook("older", EXIT)
    task.notebook_task.base_parameters = {"region": "ASIA"}
    job = w.jobs.create(name="older", tasks=[task])
    started = w.jobs.run_now(job.job_id, notebook_params={"region": "EUROPE"})
    run = wait_until(w, started.run_id)
    output = w.jobs.get_run_output(run.tasks[0].run_id).notebook_output
    assert output.result == '{"region": "EUROPE"}'
    assert run.overriding_parameters.notebook_params == {"region": "EUROPE"}


def test_twenty_calls_with_one_token_start_one_run(jobs_server, w):
    job = w.jobs.create(name="once", tasks=[jobs_server.notebook("once", "pass")])

    def start(_: int) -> int:
        return w.jobs.run_now(job.job_id, idempotency_token="one token").run_id

    with ThreadPoolExecutor(20) as pool:
        run_ids = set(pool.map(start, range(20)))
    assert len(run_ids) == 1
    assert [run.run_id for run in w.jobs.list_runs(job_id=job.job_id)] == list(run_ids)


def test_the_token_of_a_deleted_run_starts_nothing(jobs_server, w, wait_until):
    job = w.jobs.create(name="deleted", tasks=[jobs_server.notebook("deleted", "pass")])
    run_id = w.jobs.run_now(job.job_id, idempotency_token="deleted").run_id
    wait_until(w, run_id)
    w.jobs.delete_run(run_id)
    with pytest.raises(InvalidParameterValue, match="was deleted"):
        w.jobs.run_now(job.job_id, idempotency_token="deleted")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"idempotency_token": "x" * 65}, "at most 64 characters"),
        ({"notebook_params": {"text": "x" * 10_000}}, "cannot exceed 10000 bytes"),
        ({"job_parameters": {"text": "x" * 10_000}}, "cannot exceed 10000 bytes"),
        ({"jar_params": ["x"]}, "no tasks that take 'jar_params'"),
    ],
)
def test_run_now_refuses(jobs_server, w, arguments, message):
    job = w.jobs.create(name="refuses", tasks=[jobs_server.notebook("refuses", "pass")])
    with pytest.raises(InvalidParameterValue, match=message):
        w.jobs.run_now(job.job_id, **arguments)
    assert not list(w.jobs.list_runs(job_id=job.job_id))


def test_a_run_over_the_limit_is_skipped(jobs_server, w, wait_until):
    job = w.jobs.create(name="skipping", tasks=[jobs_server.notebook("skipping", SLEEP)])
    first = w.jobs.run_now(job.job_id).run_id
    second = w.jobs.get_run(w.jobs.run_now(job.job_id).run_id)
    w.jobs.cancel_run(first)
    assert second.state.life_cycle_state is RunLifeCycleState.SKIPPED
    assert second.status.termination_details.code is (
        TerminationCodeCode.MAX_CONCURRENT_RUNS_EXCEEDED
    )
    wait_until(w, first)


def test_a_run_over_the_limit_waits_when_it_may_queue(jobs_server, w, wait_until):
    task = jobs_server.notebook("queueing", "import time\ntime.sleep(0.5)")
    job = w.jobs.create(name="queueing", tasks=[task], queue=QueueSettings(enabled=True))
    first = w.jobs.run_now(job.job_id).run_id
    second = w.jobs.run_now(job.job_id).run_id
    assert w.jobs.get_run(second).state.life_cycle_state is RunLifeCycleState.QUEUED
    ended = wait_until(w, first).end_time
    run = wait_until(w, second)
    assert run.state.result_state is RunResultState.SUCCESS
    assert run.tasks[0].start_time >= ended
    assert run.queue_duration > 0


def test_a_job_that_does_not_exist_is_refused_in_the_platforms_words(w):
    with pytest.raises(InvalidParameterValue, match=r"^Job 0 does not exist\.$"):
        w.jobs.run_now(0)
    with pytest.raises(ResourceDoesNotExist, match=r"^Job 1 does not exist\.$"):
        w.jobs.get(1)
    with pytest.raises(ResourceDoesNotExist, match=r"^Run 1 does not exist\.$"):
        w.jobs.get_run(1)


def test_who_may_only_view_a_job_may_not_run_it(jobs_server, w):
    task = jobs_server.notebook("guarded", "pass").as_dict()
    entry = {"user_name": "viewer@local.test", "permission_level": "CAN_VIEW"}
    body = {"name": "guarded", "tasks": [task], "access_control_list": [entry]}
    job_id = jobs_server.call("POST", "/api/2.2/jobs/create", body=body).json()["job_id"]
    viewer = jobs_server.client("viewer")
    assert viewer.jobs.get(job_id).settings.name == "guarded"
    message = (
        "User viewer@local.test does not have Manage Run or Owner or Admin permissions on job "
        f"{job_id}"
    )
    with pytest.raises(PermissionDenied, match=f"^{message}"):
        viewer.jobs.run_now(job_id)
    with pytest.raises(PermissionDenied):
        jobs_server.client("stranger").jobs.get(job_id)


def test_a_task_starts_soon_after_it_is_asked_for(jobs_server, w, wait_until):
    source = "import time\ndbutils.notebook.exit(time.time())"
    job = w.jobs.create(name="soon", tasks=[jobs_server.notebook("soon", source)])
    asked = time.time()
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    began = float(w.jobs.get_run_output(run.tasks[0].run_id).notebook_output.result)
    print(f"the notebook's first line ran {began - asked:.3f} s after it was asked for")
    # a bound for loaded machines; on an idle one it is about 0.1 s
    assert began - asked < 2
