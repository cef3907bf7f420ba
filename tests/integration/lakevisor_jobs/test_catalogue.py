"""What the catalogue of jobs decides before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_plugin import AskFirst, AskPerson, TryAgain

QUICK = "dbutils.notebook.exit('done')"
SLOW = "import time; time.sleep(60)"
RUN_NOW = "/api/2.?/jobs/run-now"


def given_to(thread: Any, launched: Any) -> dict[str, str]:
    run = thread.client.jobs.get_run(int(launched.operation.run_id))
    return {each.name: each.value for each in run.job_parameters or ()}


async def test_typed_parameters_defaults_and_ids_reach_the_job(
    make_job: Any, converse: Any
) -> None:
    names = ("request", "days", "deep", "thread", "turn")
    thread = converse(
        job_id=make_job("typed", QUICK, parameters=names),
        parameters={"days": {"type": "integer"}, "deep": {"type": "boolean", "default": True}},
        request_parameter="request",
        thread_parameter="thread",
        turn_parameter="turn",
    )

    launched = await thread.start("Look!", notebook_params={"days": "030"})

    assert given_to(thread, launched) == {
        "request": "Look!",
        "days": "30",
        "deep": "true",
        "thread": "thread-1",
        "turn": "turn-1",
    }
    assert launched.text.split("\n\n")[1] == 'With `days` = `"30"`, `deep` = `"true"`.'


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"days": 91}, TryAgain),
        ({"dayz": 1}, TryAgain),
        ({"days": 1, "note": "{{job.id}}"}, TryAgain),
        ({}, AskPerson),
    ],
)
async def test_what_does_not_fit_is_never_sent(
    given: dict[str, Any], fault: type[Exception], make_job: Any, converse: Any, workspace: Any
) -> None:
    days = {"type": "integer", "maximum": 90, "required": True}
    thread = converse(
        job_id=make_job("strict", QUICK, parameters=("days", "note")),
        parameters={"days": days, "note": "a note"},
    )
    workspace.control("DELETE", "requests")

    with pytest.raises(fault):
        await thread.start(notebook_params=given)

    assert workspace.requests(RUN_NOW) == []


async def test_without_a_catalogue_of_parameters_the_job_says_which_it_has(
    make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("open", QUICK, parameters=("days",)))

    with pytest.raises(TryAgain, match=r"no parameter 'dayz'\. It has: days\."):
        await thread.start(notebook_params={"dayz": 1})


async def test_a_job_that_needs_a_yes_starts_only_with_it(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("asks", QUICK), confirm="always")
    workspace.control("DELETE", "requests")

    with pytest.raises(AskFirst, match='"Transaction anomalies" is started only after your yes'):
        await thread.start()

    assert workspace.requests("/api/2.?/jobs/*") == []
    launched = await thread.start(turn=thread.next_turn(is_accepted=True))
    assert launched.text.startswith('Started "Transaction anomalies".')


async def test_a_stop_that_needs_a_yes_stops_only_with_it(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("stop-asks", SLOW), confirm_cancel="always")
    run_id = (await thread.start()).operation.run_id
    workspace.control("DELETE", "requests")

    with pytest.raises(AskFirst, match="A run is stopped only after your yes") as asked:
        await thread.terminate()

    assert asked.value.settled.arguments == {"run_id": run_id}
    assert workspace.requests("/api/2.?/jobs/runs/cancel") == []
    assert not (await thread.operations.get(run_id)).is_cancel_requested
    turn = thread.next_turn(is_accepted=True)
    answer = await thread.call("terminate_databricks_job", turn=turn)
    assert answer.text.startswith(f"Stop requested for run {run_id}")


async def test_nobody_is_asked_to_stop_what_is_over(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("over-asks", QUICK), confirm_cancel="always")
    await thread.start()
    await thread.poll_until("succeeded")

    assert "has already ended" in (await thread.terminate()).text


async def test_a_job_of_others_starts_for_them_alone(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("theirs", QUICK), allowed=["finance", "a@local.test"])
    thread.names = frozenset({"a@local.test"})

    assert (await thread.start(job="anomalies")).operation.job == "anomalies"
