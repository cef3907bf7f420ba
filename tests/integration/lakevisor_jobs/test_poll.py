"""How a run is doing, as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_plugin import AskPerson, OperationNotFound

SLOW = "import time; time.sleep(60)"
QUICK = "dbutils.notebook.exit('first')"


async def test_a_running_run_says_how_far_it_is(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("far", QUICK, SLOW, QUICK))
    run_id = (await thread.start()).operation.run_id
    answer = await thread.poll()
    while answer.data["tasks_done"] == 0:
        answer = await thread.poll()

    said = f"Run {run_id} is running: 1 of 3 tasks done, {answer.data['seconds']} s so far."
    assert answer.text.startswith(said)
    assert (answer.data["run_id"], answer.data["tasks_total"]) == (run_id, 3)
    await thread.terminate()


async def test_a_run_that_succeeded_shows_the_result_of_its_last_task(
    make_job: Any, converse: Any
) -> None:
    last = "dbutils.notebook.exit('## Found 3\\n\\n| id |\\n|---|\\n| 7 |')"
    thread = converse(job_id=make_job("result", QUICK, last))
    await thread.start()

    answer = await thread.poll_until("succeeded")

    sentence, result = answer.text.split("\n\n", 1)
    assert "succeeded after" in sentence
    assert result == ("## Found 3\n\n| id |\n|---|\n| 7 |\n\nBefore that:\n\n- `t0`: first")
    assert answer.data["result"] == result


async def test_a_result_in_json_is_shown_as_a_block(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("json", "dbutils.notebook.exit('{\"rows\": 42}')"))
    await thread.start()

    answer = await thread.poll_until("succeeded")

    assert answer.text.endswith('```json\n{\n  "rows": 42\n}\n```')


async def test_of_a_result_in_json_the_markdown_is_shown(make_job: Any, converse: Any) -> None:
    source = 'dbutils.notebook.exit(\'{"rows": 42, "markdown": "## 42 rows"}\')'
    thread = converse(job_id=make_job("markdown", source))
    await thread.start()

    answer = await thread.poll_until("succeeded")

    assert answer.text.endswith("\n\n## 42 rows")


async def test_a_long_result_is_cut_with_a_mark(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("long", "dbutils.notebook.exit('x' * 50_000)"))
    await thread.start()

    answer = await thread.poll_until("succeeded")

    assert len(answer.text) < 5_000
    assert answer.text.endswith("(cut; the run's page shows all of it)")
    assert len(answer.for_model) < 2_000


async def test_a_run_that_failed_says_which_task_and_why(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("broken", QUICK, "raise ValueError('no such table')", QUICK))
    await thread.start()

    answer = await thread.poll_until("failed")

    assert " failed after " in answer.text
    assert "\n\n- `t1`: ValueError: no such table\n" in answer.text
    assert "raise ValueError('no such table')" in answer.text.split("```")[1]
    assert (await thread.operations.list(kind="job_run"))[0].state == "failed"


async def test_a_queued_run_says_why_it_waits(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("queue", SLOW, max_concurrent_runs=1))
    first = (await thread.start()).operation.run_id
    second = (await thread.start()).operation.run_id

    answer = await thread.poll(run_id=second)

    assert answer.text.startswith(f"Run {second} is queued and has not begun. ")
    assert "1" in answer.text.split("begun. ")[1]
    await thread.terminate(run_id=second)
    await thread.terminate(run_id=first)


async def test_a_run_that_is_gone_is_said_to_be_gone(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("gone", QUICK))
    run_id = (await thread.start()).operation.run_id
    await thread.poll_until("succeeded")
    workspace.client().jobs.delete_run(int(run_id))

    answer = await thread.poll()

    assert answer.text == (
        f"Run {run_id} has vanished from the workspace. Databricks keeps runs for 60 days; when "
        "this one was last seen it was: succeeded."
    )


async def test_a_run_of_another_conversation_does_not_exist(make_job: Any, converse: Any) -> None:
    job_id = make_job("others", QUICK)
    run_id = (await converse(job_id=job_id).start()).operation.run_id

    with pytest.raises(OperationNotFound, match=f"You have no run '{run_id}'"):
        await converse(job_id=job_id).poll(run_id=run_id)


async def test_where_several_runs_go_on_the_person_is_asked_which(
    make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("several", SLOW, max_concurrent_runs=5))
    runs = [(await thread.start()).operation.run_id for _ in range(2)]

    with pytest.raises(AskPerson, match="Which run") as asked:
        await thread.poll()

    assert all(f"- {run_id}: Transaction anomalies, is " in asked.value.message for run_id in runs)
    for run_id in runs:
        await thread.terminate(run_id=run_id)


async def test_of_several_runs_the_one_that_has_not_ended_is_meant(
    make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("mixed", QUICK, parameters=("name",)))
    first = (await thread.start(notebook_params={"name": "first"})).operation.run_id
    await thread.poll_until("succeeded", run_id=first)
    second = (await thread.start(notebook_params={"name": "second"})).operation.run_id

    assert (await thread.poll()).data["run_id"] == second
