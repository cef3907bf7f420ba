"""Repairing finished runs."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue
from databricks.sdk.service.jobs import RunResultState, TaskDependency

CHECK = "assert dbutils.widgets.get('region') != 'BOOM'"


@pytest.fixture
def failed(jobs_server, w, wait_until):
    """Give a failed run of three tasks: one well, one failed, one that depends on it."""
    good = jobs_server.notebook("good", "pass")
    check = jobs_server.notebook("check", CHECK)
    last = jobs_server.notebook("last", "pass")
    last.depends_on = [TaskDependency(task_key="check")]
    job = w.jobs.create(name="repaired", tasks=[good, check, last])
    started = w.jobs.run_now(job.job_id, job_parameters={"region": "BOOM"})
    return wait_until(w, started.run_id)


def test_a_repair_runs_what_failed_and_nothing_else(w, failed, wait_until):
    w.jobs.repair_run(failed.run_id, rerun_all_failed_tasks=True, job_parameters={"region": "ASIA"})
    run = wait_until(w, failed.run_id)
    assert run.state.result_state is RunResultState.SUCCESS
    attempts = [(task.task_key, task.attempt_number) for task in run.tasks]
    assert attempts == [
        ("good", 0),
        ("check", 0),
        ("check", 1),
        ("last", 0),
        ("last", 1),
    ]


def test_the_history_tells_of_the_original_and_each_repair(w, failed, wait_until):
    repair = w.jobs.repair_run(failed.run_id, rerun_tasks=["check"]).response.repair_id
    wait_until(w, failed.run_id)
    history = w.jobs.get_run(failed.run_id, include_history=True).repair_history
    assert [item.type.value for item in history] == ["ORIGINAL", "REPAIR"]
    assert [item.id for item in history] == [None, repair]
    assert [len(item.task_run_ids) for item in history] == [3, 1]
    assert history[0].state.result_state is RunResultState.FAILED


def test_a_second_repair_must_name_the_first(w, failed, wait_until):
    first = w.jobs.repair_run(failed.run_id, rerun_all_failed_tasks=True).response.repair_id
    wait_until(w, failed.run_id)
    with pytest.raises(InvalidParameterValue, match="latest repair ID needs to be provided"):
        w.jobs.repair_run(failed.run_id, rerun_all_failed_tasks=True)
    w.jobs.repair_run(
        failed.run_id,
        rerun_all_failed_tasks=True,
        latest_repair_id=first,
        job_parameters={"region": "ASIA"},
    )
    assert wait_until(w, failed.run_id).state.result_state is RunResultState.SUCCESS


def test_a_run_under_way_cannot_be_repaired(jobs_server, w, wait_until):
    task = jobs_server.notebook("busy", "import time\ntime.sleep(60)")
    run_id = w.jobs.run_now(w.jobs.create(name="busy", tasks=[task]).job_id).run_id
    with pytest.raises(BadRequest, match="is in progress and cannot be repaired"):
        w.jobs.repair_run(run_id, rerun_tasks=["busy"])
    w.jobs.cancel_run(run_id)
    wait_until(w, run_id)


def test_dependent_tasks_run_again_when_asked_for(w, failed, wait_until):
    w.jobs.repair_run(
        failed.run_id,
        rerun_tasks=["check"],
        rerun_dependent_tasks=True,
        job_parameters={"region": "ASIA"},
    )
    run = wait_until(w, failed.run_id)
    assert {task.task_key for task in run.tasks if task.attempt_number == 1} == {"check", "last"}
