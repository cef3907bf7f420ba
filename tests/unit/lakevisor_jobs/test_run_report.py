"""What is read from the answer of `jobs/runs/get`."""

from __future__ import annotations

from typing import Any

from databricks.sdk.service.jobs import Run

from lakevisor_jobs.run_report import read_run
from lakevisor_jobs.run_state import RunState


def task(key: str, state: str = "RUNNING", **more: Any) -> dict[str, Any]:
    code = more.pop("code", "SUCCESS")
    status: dict[str, Any] = {"state": state}
    if state == "TERMINATED":
        status["termination_details"] = {"code": code}
    return {"task_key": key, "run_id": 7, "status": status, **more}


def run(*tasks: dict[str, Any], **more: Any) -> Run:
    return Run.from_dict(
        {"run_id": 12345, "status": {"state": "RUNNING"}, "tasks": list(tasks), **more}
    )


def test_tasks_that_succeeded_are_done() -> None:
    report = read_run(run(task("a", "TERMINATED"), task("b"), task("c", "BLOCKED")), now=0)

    assert (report.tasks_done, len(report.tasks)) == (1, 3)


def test_a_failed_task_is_not_done() -> None:
    report = read_run(run(task("a", "TERMINATED", code="RUN_EXECUTION_ERROR")), now=0)

    assert report.tasks_done == 0
    assert [each.key for each in report.failed_tasks] == ["a"]


def test_a_task_that_is_tried_again_counts_once_with_its_last_attempt() -> None:
    failed = task("a", "TERMINATED", code="RUN_EXECUTION_ERROR", attempt_number=0)

    report = read_run(run(failed, task("a", attempt_number=1)), now=0)

    assert [each.state for each in report.tasks] == [RunState.RUNNING]


def test_the_leaves_are_the_tasks_that_no_other_needs() -> None:
    last = task("b", depends_on=[{"task_key": "a"}])

    report = read_run(run(task("a"), last), now=0)

    assert [each.key for each in report.tasks if each.is_leaf] == ["b"]


def test_a_run_that_goes_on_has_taken_the_time_since_its_start() -> None:
    report = read_run(run(start_time=1_000_000, end_time=0), now=1_040)

    assert report.seconds == 40


def test_a_run_that_is_over_took_what_the_workspace_says() -> None:
    report = read_run(run(start_time=1_000, end_time=99_000, run_duration=3279), now=1e9)

    assert report.seconds == 3


def test_a_repair_that_goes_on_has_taken_the_time_since_it_began() -> None:
    history = [{"type": "ORIGINAL", "start_time": 1_000}, {"type": "REPAIR", "start_time": 60_000}]

    report = read_run(run(start_time=1_000, repair_history=history), now=65)

    assert report.seconds == 5


def test_a_clock_that_goes_slow_gives_no_negative_time() -> None:
    assert read_run(run(start_time=50_000), now=1).seconds == 0


def test_a_run_that_has_not_begun_has_no_time() -> None:
    assert read_run(run(start_time=0), now=1_000).seconds is None


def test_the_reason_of_a_queue_is_kept() -> None:
    waiting = {"state": "QUEUED", "queue_details": {"message": "Queued due to the limit of 1."}}

    assert read_run(run(status=waiting), now=0).reason == "Queued due to the limit of 1."
