"""Starting a run, against a workspace that runs it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from databricks.sdk.errors import PermissionDenied
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from lakevisor_plugin import GiveUp, Launched, TryAgain

QUICK = "dbutils.notebook.exit('done')"


async def test_a_started_run_is_named_with_its_page(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("quick", QUICK))

    launched = await thread.start()

    assert isinstance(launched, Launched)
    operation = launched.operation
    assert launched.text == (
        f'Started "Transaction anomalies". Run {operation.run_id}. Ask for its status at any time.'
        f"\n\n[Open the run]({operation.url})"
    )
    assert (operation.kind, operation.job) == ("job_run", "anomalies")
    assert thread.client.jobs.get_run(int(operation.run_id)).run_page_url == operation.url


async def test_the_job_is_given_the_persons_words_and_the_parameters(
    make_job: Any, converse: Any
) -> None:
    job_id = make_job("words", QUICK, parameters=("request", "days"))
    thread = converse(job_id=job_id, request_parameter="request")

    launched = await thread.start("Look closely!", notebook_params={"days": 30})

    run = thread.client.jobs.get_run(int(launched.operation.run_id))
    given = {each.name: each.value for each in run.job_parameters or ()}
    assert given == {"request": "Look closely!", "days": "30"}
    assert launched.text.split("\n\n")[1] == 'With `days` = `"30"`.'


async def test_the_same_turn_starts_one_run_however_often_it_is_run(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    job_id = make_job("once", QUICK)
    runs = []
    for _ in range(2):
        # Another process that knows nothing of the first one: only the token is the same.
        thread = converse(job_id=job_id, thread_id="the-same")
        runs.append((await thread.start()).operation.run_id)

    assert runs[0] == runs[1]
    assert len(list(workspace.client().jobs.list_runs(job_id=job_id))) == 1


async def test_a_turn_that_is_run_again_under_another_trace_starts_no_second_run(
    make_job: Any, converse: Any
) -> None:
    job_id = make_job("traced", QUICK, parameters=("trace",))
    thread = converse(job_id=job_id, trace_parameter="trace")
    turn = thread.next_turn()

    first = await thread.start(turn=replace(turn, trace_id="tr-1"))
    again = await thread.start(turn=replace(turn, trace_id="tr-2"))

    assert again.operation.run_id == first.operation.run_id
    [given] = thread.client.jobs.get_run(int(first.operation.run_id)).job_parameters
    assert given.value == "tr-1"


async def test_a_lost_answer_starts_no_second_run(
    make_job: Any, converse: Any, add_fault: Any, workspace: Any
) -> None:
    job_id = make_job("lost", QUICK)
    add_fault(kind="lost_answer", path="/api/2.?/jobs/run-now")

    launched = await converse(job_id=job_id).start()

    runs = list(workspace.client().jobs.list_runs(job_id=job_id))
    assert [str(run.run_id) for run in runs] == [launched.operation.run_id]


async def test_a_run_that_cannot_be_looked_at_has_been_started_all_the_same(
    make_job: Any, converse: Any, add_fault: Any
) -> None:
    add_fault(kind="status", status=500, path="/api/2.?/jobs/runs/get", times=None)

    launched = await converse(job_id=make_job("unseen", QUICK)).start()

    assert (launched.operation.state, launched.operation.url) == ("unknown", None)
    assert launched.text.endswith("Ask for its status at any time.")


async def test_a_job_is_found_by_its_name_once(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    make_job("by-name", QUICK)
    thread = converse(job_name="by-name")
    workspace.control("DELETE", "requests")

    await thread.start()
    await thread.start()

    assert len(workspace.requests("/api/2.?/jobs/list")) == 1


async def test_two_jobs_of_one_name_are_not_guessed_between(make_job: Any, converse: Any) -> None:
    make_job("twin", QUICK)
    make_job("twin", QUICK)

    with pytest.raises(GiveUp, match=r"2 jobs of the workspace are called 'twin'.*job_id instead"):
        await converse(job_name="twin").start()


@pytest.mark.parametrize("address", [{"job_id": 4711}, {"job_name": "nowhere"}])
async def test_a_job_that_the_workspace_does_not_have_is_an_operators_matter(
    address: dict[str, Any], converse: Any
) -> None:
    with pytest.raises(GiveUp, match=r"no job .*agents\.jobs\.jobs\.anomalies"):
        await converse(**address).start()


async def test_a_missing_permission_is_an_administrators_matter(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    job_id = make_job("closed", QUICK)
    nobody_else = AccessControlRequest(
        user_name="viewer@local.test", permission_level=PermissionLevel.CAN_VIEW
    )
    workspace.client().permissions.set("jobs", str(job_id), access_control_list=[nobody_else])

    with pytest.raises(GiveUp, match=r"no permission for it.*CAN_MANAGE_RUN"):
        await converse(job_id=job_id, user="viewer").start()


async def test_a_token_that_is_not_accepted_is_not_called_a_missing_permission(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("token", QUICK))
    thread.client = workspace.client(token="dapi-wrong")

    with pytest.raises(PermissionDenied):
        await thread.start()


async def test_parameters_that_the_workspace_refuses_can_be_tried_again(
    make_job: Any, converse: Any, add_fault: Any
) -> None:
    thread = converse(job_id=make_job("picky", QUICK))
    add_fault(kind="status", status=400, path="/api/2.?/jobs/run-now")

    with pytest.raises(TryAgain, match="was not started"):
        await thread.start()


async def test_starting_leaves_the_event_loop_free(
    make_job: Any, converse: Any, add_fault: Any
) -> None:
    thread = converse(job_id=make_job("slow", QUICK))
    add_fault(kind="delay", seconds=0.3, path="/api/2.?/jobs/run-now")

    start = asyncio.create_task(thread.start())
    turns_of_the_loop = 0
    while not start.done():
        await asyncio.sleep(0.01)
        turns_of_the_loop += 1

    assert turns_of_the_loop > 10
