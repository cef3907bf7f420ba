"""Repairing a run: only what failed in it runs again, and once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.errors import OperationFailed

from lakevisor_plugin import Answer, AskFirst, GiveUp, Launched

COUNTS = "import pathlib; pathlib.Path({0!r}).open('a').write('{1}')\n"
FAILS_UNLESS_MENDED = (
    "if not pathlib.Path({0!r}).exists(): raise ValueError('no such table')\n"
    "dbutils.notebook.exit('mended')"
)
FAILS = "raise ValueError('no such table')"
QUICK = "dbutils.notebook.exit('done')"
SLOW = "import time; time.sleep(60)"


async def failed(thread: Any) -> str:
    """Start the job and wait for its failure."""
    run_id: str = (await thread.start()).operation.run_id
    await thread.poll_until("failed", run_id=run_id)
    return run_id


def mend(file: str) -> None:
    Path(file).touch()


def written(file: str) -> str:
    return Path(file).read_text()


def repairs(thread: Any, run_id: str) -> int:
    run = thread.client.jobs.get_run(int(run_id), include_history=True)
    return len([each for each in run.repair_history or () if each.id])


async def test_only_what_failed_runs_again_under_the_same_id(
    make_job: Any, converse: Any, tmp_path: Path
) -> None:
    log, mended = str(tmp_path / "log"), str(tmp_path / "mended")
    second = COUNTS.format(log, "b") + FAILS_UNLESS_MENDED.format(mended)
    thread = converse(job_id=make_job("mend", COUNTS.format(log, "a"), second))
    run_id = await failed(thread)
    mend(mended)

    launched = await thread.repair()

    assert isinstance(launched, Launched)
    assert launched.text == f"Repair of run {run_id} started: 1 failed task runs again."
    assert (launched.operation.run_id, launched.operation.is_final) == (run_id, False)
    answer = await thread.poll_until("succeeded")
    assert answer.text.split("\n\n")[1] == "mended"
    assert written(log) == "abb"


async def test_a_run_can_be_repaired_again(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("again", QUICK, FAILS))
    run_id = await failed(thread)

    for _ in range(2):
        await thread.repair()
        await thread.poll_until("failed")

    assert repairs(thread, run_id) == 2


async def test_a_lost_answer_makes_no_second_repair(
    make_job: Any, converse: Any, add_fault: Any
) -> None:
    thread = converse(job_id=make_job("lost-repair", QUICK, FAILS))
    run_id = await failed(thread)
    add_fault(kind="lost_answer", path="/api/2.?/jobs/runs/repair")

    launched = await thread.repair()

    assert launched.text == f"Repair of run {run_id} started: 1 failed task runs again."
    assert repairs(thread, run_id) == 1


async def test_a_turn_that_died_after_asking_does_not_repair_again(
    make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("died", QUICK, FAILS))
    run_id = await failed(thread)
    # What is remembered before the repair is asked for; then the process died with the answer.
    await thread.operations.repaired(run_id, state="repair_requested_after_0")
    with pytest.raises(OperationFailed):
        thread.client.jobs.repair_run(int(run_id), rerun_all_failed_tasks=True).result()

    launched = await thread.repair()

    assert launched.text.startswith(f"Repair of run {run_id} was started. Run {run_id} failed")
    assert repairs(thread, run_id) == 1


async def test_a_turn_that_died_before_asking_repairs_once(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("died-before", QUICK, FAILS))
    run_id = await failed(thread)
    await thread.operations.repaired(run_id, state="repair_requested_after_0")

    launched = await thread.repair()

    assert launched.text == f"Repair of run {run_id} started: 1 failed task runs again."
    assert repairs(thread, run_id) == 1


async def test_a_repair_that_fails_leaves_the_run_as_it_was(
    make_job: Any, converse: Any, add_fault: Any
) -> None:
    thread = converse(job_id=make_job("refused", QUICK, FAILS))
    run_id = await failed(thread)
    add_fault(kind="status", status=400, path="/api/2.?/jobs/runs/repair")

    with pytest.raises(GiveUp, match=f"Run {run_id} cannot be repaired"):
        await thread.repair()

    operation = await thread.operations.get(run_id)
    assert (operation.state, operation.is_final) == ("failed", True)
    assert isinstance(await thread.repair(), Launched)


async def test_a_run_that_succeeded_is_not_repaired(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("good", QUICK))
    await thread.start()
    await thread.poll_until("succeeded")

    answer = await thread.repair()

    assert isinstance(answer, Answer)
    assert answer.text.endswith("Only a run that has ended with failed tasks can be repaired.")


async def test_a_run_that_goes_on_is_not_repaired(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("busy", SLOW))
    await thread.start()
    workspace.control("DELETE", "requests")

    answer = await thread.repair()

    assert answer.text.endswith("Only a run that has ended with failed tasks can be repaired.")
    assert workspace.requests("/api/2.?/jobs/runs/repair") == []
    await thread.terminate()


async def test_where_a_start_needs_a_yes_a_repair_needs_one(make_job: Any, converse: Any) -> None:
    job_id = make_job("careful", QUICK, FAILS)
    thread = converse(job_id=job_id, confirm="always")
    run_id = (await thread.start(turn=thread.next_turn(is_accepted=True))).operation.run_id
    await thread.poll_until("failed")

    with pytest.raises(AskFirst, match="repaired only after your yes") as asked:
        await thread.repair()

    assert asked.value.settled.arguments == {"run_id": run_id}
    assert asked.value.settled.values == {"tasks": ["t1"]}
    assert repairs(thread, run_id) == 0
    accepted = await thread.repair(turn=thread.next_turn(is_accepted=True))
    assert accepted.operation.run_id == run_id


async def test_who_may_not_start_the_job_any_more_cannot_repair_its_run(
    make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("left", FAILS), allowed=["finance"])
    thread.names = frozenset({"finance"})
    await failed(thread)
    thread.names = frozenset()

    with pytest.raises(GiveUp, match="its job is not offered here any more"):
        await thread.repair()
