"""What a start, a stop or a repair would do, before anybody is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from lakevisor_jobs.plugin import lakevisor_register_agent
from lakevisor_plugin import AskPerson, GiveUp, OperationNotFound, ToolCall, TryAgain
from lakevisor_testing.settling import assert_settles

QUICK = "dbutils.notebook.exit('done')"
SLOW = "import time; time.sleep(60)"
FAILS = "raise ValueError('no')"
Settle = Callable[..., Awaitable[Any]]


@pytest.fixture
def settle() -> Settle:
    """Give a function that settles a call in a thread."""

    async def settle(thread: Any, tool: str, **arguments: Any) -> Any:
        call = ToolCall(agent="jobs", tool=tool, call_id="1", arguments=arguments)
        sub_agent = lakevisor_register_agent()
        return await assert_settles(sub_agent, thread.settings, call, thread.next_turn())

    return settle


PARAMETERS = {
    "days": {"type": "integer", "maximum": 90, "default": 30},
    "deep": {"type": "boolean"},
    "region": {"enum": ["ASIA"], "required": True},
}


@pytest.fixture
def typed(make_job: Any, converse: Any) -> Any:
    """Give a thread with a job of typed parameters."""
    names = ("request", "days", "deep", "region", "thread", "turn")
    return converse(
        job_id=make_job("settled", QUICK, parameters=names),
        parameters=PARAMETERS,
        request_parameter="request",
        thread_parameter="thread",
        turn_parameter="turn",
    )


async def test_a_start_is_settled_with_every_parameter(settle: Settle, typed: Any) -> None:
    given = {"deep": True, "region": "ASIA"}
    found = await settle(typed, "start_databricks_job", user_request="Go!", notebook_params=given)

    values = {"deep": "true", "region": "ASIA", "request": "Go!", "days": "30"}
    assert found.action == 'start "Transaction anomalies"'
    assert found.values == values
    arguments = {"user_request": "Go!", "notebook_params": values, "job": "anomalies"}
    assert found.arguments == arguments


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"region": "ASIA", "days": 91}, TryAgain),
        ({"region": "ASIA", "dayz": 1}, TryAgain),
        ({"region": "{{job.id}}"}, TryAgain),
        ({}, AskPerson),
    ],
)
async def test_a_start_that_does_not_fit_is_refused_at_once(
    given: Mapping[str, Any], fault: type[Exception], settle: Settle, typed: Any
) -> None:
    with pytest.raises(fault):
        await settle(typed, "start_databricks_job", user_request="Go!", notebook_params=given)


async def test_parameters_that_only_the_job_knows_are_settled_too(
    settle: Settle, make_job: Any, converse: Any
) -> None:
    job_id = make_job("settled-open", QUICK, parameters=("days",))
    thread = converse(job_id=job_id, request_parameter="request")
    given = {"days": {"from": 1}, "other": None}

    found = await settle(thread, "start_databricks_job", user_request="Go!", notebook_params=given)

    assert found.values == {"days": '{"from": 1}', "request": "Go!"}


async def test_a_stop_is_settled_to_the_run_that_is_meant_now(
    settle: Settle, make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("settled-stop", SLOW))
    run_id = (await thread.start()).operation.run_id
    workspace.control("DELETE", "requests")

    found = await settle(thread, "terminate_databricks_job")

    assert found.arguments == {"run_id": run_id}
    assert found.action == f'stop run {run_id} ("Transaction anomalies")'
    assert await settle(thread, "terminate_databricks_job", run_id=int(run_id)) == found
    assert workspace.requests("/api/2.?/jobs/runs/cancel") == []


async def test_a_stop_of_what_has_ended_is_answered_at_once(
    settle: Settle, make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("settled-over", QUICK))
    await thread.start()
    await thread.poll_until("succeeded")

    assert "has already ended" in (await settle(thread, "terminate_databricks_job")).text


async def test_a_run_of_nobody_is_not_there(settle: Settle, typed: Any) -> None:
    with pytest.raises(OperationNotFound):
        await settle(typed, "terminate_databricks_job", run_id="404")
    with pytest.raises(GiveUp, match="No job was started"):
        await settle(typed, "repair_databricks_job")


async def test_a_repair_is_settled_with_what_failed(
    settle: Settle, make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("settled-repair", QUICK, FAILS))
    run_id = (await thread.start()).operation.run_id
    await thread.poll_until("failed")

    found = await settle(thread, "repair_databricks_job")

    assert found.arguments == {"run_id": run_id}
    assert found.values == {"tasks": ["t1"]}


async def test_a_repair_of_what_goes_well_is_answered_at_once(
    settle: Settle, make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("settled-well", QUICK))
    await thread.start()
    await thread.poll_until("succeeded")

    assert "can be repaired" in (await settle(thread, "repair_databricks_job")).text
