"""Defining, finding and changing jobs, and one-time runs."""

from __future__ import annotations

import pytest
from databricks.sdk.errors import InvalidParameterValue, ResourceDoesNotExist
from databricks.sdk.service.iam import PermissionLevel
from databricks.sdk.service.jobs import (
    JobAccessControlRequest,
    JobPermissionLevel,
    JobSettings,
    RunResultState,
    RunType,
    SubmitTask,
    TaskDependency,
)


def test_jobs_are_found_by_name_in_any_case_and_on_all_pages(jobs_server, w):
    task = jobs_server.notebook("paged", "pass")
    made = {w.jobs.create(name="Paged", tasks=[task]).job_id for _ in range(5)}
    found = [job.job_id for job in w.jobs.list(name="pAGED", limit=2)]
    assert len(found) == 5
    assert set(found) == made


def test_an_update_changes_only_what_it_names(jobs_server, w):
    one, two = jobs_server.notebook("one", "pass"), jobs_server.notebook("two", "pass")
    job_id = w.jobs.create(name="before", tasks=[one], timeout_seconds=7).job_id
    w.jobs.update(job_id, new_settings=JobSettings(name="after", tasks=[two]))
    settings = w.jobs.get(job_id).settings
    assert (settings.name, settings.timeout_seconds) == ("after", 7)
    assert [task.task_key for task in settings.tasks] == ["one", "two"]
    w.jobs.update(job_id, fields_to_remove=["tasks/one"])
    assert [task.task_key for task in w.jobs.get(job_id).settings.tasks] == ["two"]


def test_a_reset_replaces_everything(jobs_server, w):
    task = jobs_server.notebook("reset", "pass")
    job_id = w.jobs.create(name="before", tasks=[task], timeout_seconds=7).job_id
    w.jobs.reset(job_id, JobSettings(name="after", tasks=[task]))
    settings = w.jobs.get(job_id).settings
    assert (settings.name, settings.timeout_seconds) == ("after", 0)


def test_a_deleted_job_is_gone_and_its_runs_stay(jobs_server, w, wait_until):
    job_id = w.jobs.create(name="gone", tasks=[jobs_server.notebook("kept", "pass")]).job_id
    run_id = w.jobs.run_now(job_id).run_id
    wait_until(w, run_id)
    w.jobs.delete(job_id)
    with pytest.raises(ResourceDoesNotExist):
        w.jobs.get(job_id)
    assert w.jobs.get_run(run_id).run_name == "gone"


def test_tasks_in_a_circle_are_refused(jobs_server, w):
    one, two = jobs_server.notebook("one", "pass"), jobs_server.notebook("two", "pass")
    one.depends_on = [TaskDependency(task_key="two")]
    two.depends_on = [TaskDependency(task_key="one")]
    with pytest.raises(InvalidParameterValue, match="circle"):
        w.jobs.create(name="circle", tasks=[one, two])


def test_a_one_time_run_has_no_job_that_could_be_found(jobs_server, w, wait_until):
    notebook = jobs_server.notebook("submitted", "dbutils.notebook.exit('once')").notebook_task
    task = SubmitTask(task_key="main", notebook_task=notebook)
    ids = {
        w.jobs.submit(run_name="submitted", tasks=[task], idempotency_token="submitted").run_id
        for _ in range(2)
    }
    assert len(ids) == 1
    run = wait_until(w, ids.pop())
    assert (run.run_type, run.run_name) == (RunType.SUBMIT_RUN, "submitted")
    assert run.state.result_state is RunResultState.SUCCESS
    with pytest.raises(ResourceDoesNotExist):
        w.jobs.get(run.job_id)


def test_runs_are_listed_by_what_is_asked(jobs_server, w, wait_until):
    quick = jobs_server.notebook("quick", "pass")
    job_id = w.jobs.create(name="listed", tasks=[quick], max_concurrent_runs=5).job_id
    run_ids = [w.jobs.run_now(job_id).run_id for _ in range(3)]
    runs = [wait_until(w, run_id) for run_id in run_ids]
    listed = list(w.jobs.list_runs(job_id=job_id, limit=2))
    assert {run.run_id for run in listed} == set(run_ids)
    assert [run.start_time for run in listed] == sorted((r.start_time for r in runs), reverse=True)
    assert not list(w.jobs.list_runs(job_id=job_id, active_only=True))
    assert len(list(w.jobs.list_runs(job_id=job_id, completed_only=True))) == 3
    assert not list(w.jobs.list_runs(job_id=job_id, start_time_from=runs[-1].end_time + 1))
    assert not list(w.jobs.list_runs(job_id=job_id, run_type=RunType.SUBMIT_RUN))


def test_permissions_can_be_given_and_taken(jobs_server, w):
    job_id = w.jobs.create(name="shared", tasks=[jobs_server.notebook("shared", "pass")]).job_id
    entry = JobAccessControlRequest(
        user_name="analyst@local.test", permission_level=JobPermissionLevel.CAN_VIEW
    )
    w.jobs.set_permissions(str(job_id), access_control_list=[entry])
    assert not list(jobs_server.client("viewer").jobs.list(name="shared"))
    assert [job.job_id for job in jobs_server.client("analyst").jobs.list(name="shared")] == [
        job_id
    ]
    levels = {
        entry.user_name or entry.group_name: entry.all_permissions[0].permission_level.value
        for entry in w.jobs.get_permissions(str(job_id)).access_control_list
    }
    assert levels == {
        "admin@local.test": PermissionLevel.IS_OWNER.value,
        "analyst@local.test": "CAN_VIEW",
        "admins": "CAN_MANAGE",
    }


def test_what_this_workspace_cannot_run_is_refused_when_it_is_defined(jobs_server):
    task = {"task_key": "main", "sql_task": {"query": {"query_id": "1"}}}
    body = {"name": "sql", "tasks": [task]}
    answer = jobs_server.call("POST", "/api/2.2/jobs/create", body=body)
    assert answer.status_code == 400
    assert "it has sql_task" in answer.json()["message"]
