"""The words a person reads of each state."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_jobs.run_report import RunReport, TaskReport
from lakevisor_jobs.run_sentences import (
    already_ended,
    duration,
    end_sentence,
    phrase,
    status_sentence,
)
from lakevisor_jobs.run_state import RunState


def tasks(*states: RunState) -> tuple[TaskReport, ...]:
    return tuple(
        TaskReport(key=f"t{number}", run_id=number, state=state, is_leaf=True)
        for number, state in enumerate(states)
    )


def report(state: RunState, **more: Any) -> RunReport:
    return RunReport(run_id="12345", state=state, **more)


def test_a_running_run_says_how_far_it_is() -> None:
    three = tasks(RunState.SUCCEEDED, RunState.RUNNING, RunState.BLOCKED)

    said = status_sentence(report(RunState.RUNNING, tasks=three, seconds=40))

    assert said == ("Run 12345 is running: 1 of 3 tasks done, 40 s so far. Running now: `t1`.")


def test_a_task_that_failed_is_told_while_the_others_go_on() -> None:
    two = tasks(RunState.FAILED, RunState.RUNNING)

    said = status_sentence(report(RunState.RUNNING, tasks=two, seconds=5))

    assert said == (
        "Run 12345 is running: 0 of 2 tasks done, 1 failed, 5 s so far. Running now: `t1`."
    )


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (
            RunState.QUEUED,
            "Queued due to the limit of 1",
            "Run 12345 is queued and has not begun. Queued due to the limit of 1.",
        ),
        (RunState.SUCCEEDED, "", "Run 12345 succeeded after 1 min 5 s."),
        (RunState.CANCELLED, "Run cancelled.", "Run 12345 was cancelled after 1 min 5 s."),
        (
            RunState.UNKNOWN,
            "",
            "Run 12345 has not been seen to end; its state is not known: 1 min 5 s so far.",
        ),
        (RunState.SKIPPED, "Limit.", "Run 12345 was skipped and never ran. Limit."),
        (
            RunState.VANISHED,
            "Databricks keeps runs for 60 days",
            "Run 12345 has vanished from the workspace. Databricks keeps runs for 60 days.",
        ),
    ],
)
def test_each_state_has_its_sentence(state: RunState, reason: str, expected: str) -> None:
    assert status_sentence(report(state, reason=reason, seconds=65)) == expected


def test_a_run_that_ends_after_a_stop_is_being_stopped() -> None:
    said = status_sentence(report(RunState.TERMINATING), stop_requested=True)

    assert said == "Run 12345 is being stopped."


def test_a_run_that_still_runs_after_a_stop_is_not_called_stopped() -> None:
    said = status_sentence(report(RunState.RUNNING), stop_requested=True)

    assert said == "Run 12345 is running. A stop was requested and is not confirmed yet."


@pytest.mark.parametrize(
    ("state", "error", "expected"),
    [
        (
            RunState.SUCCEEDED,
            "",
            (
                'Run 12345 ("Anomalies") has ended: it succeeded after 58 s. '
                "Ask for its status to see the result."
            ),
        ),
        (
            RunState.FAILED,
            "`load`: ValueError: no such table",
            (
                'Run 12345 ("Anomalies") has ended: it failed after 58 s. '
                "`load`: ValueError: no such table."
            ),
        ),
        (RunState.FAILED, "", 'Run 12345 ("Anomalies") has ended: it failed after 58 s. Why.'),
        (RunState.CANCELLED, "", 'Run 12345 ("Anomalies") has ended: it was cancelled after 58 s.'),
        (RunState.VANISHED, "", 'Run 12345 ("Anomalies") has vanished from the workspace. Why.'),
    ],
)
def test_an_end_is_told_in_one_sentence(state: RunState, error: str, expected: str) -> None:
    said = end_sentence(report(state, seconds=58, reason="Why"), title="Anomalies", error=error)

    assert said == expected


def test_a_run_that_is_over_is_not_stopped_again() -> None:
    said = already_ended(report(RunState.SUCCEEDED))

    assert said == "Run 12345 has already ended: it succeeded."


@pytest.mark.parametrize("state", RunState)
def test_every_state_has_words(state: RunState) -> None:
    assert phrase(state)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, "0 s"), (40, "40 s"), (125, "2 min 5 s"), (3780, "1 h 3 min")]
)
def test_a_length_of_time_is_read_easily(seconds: int, expected: str) -> None:
    assert duration(seconds) == expected
