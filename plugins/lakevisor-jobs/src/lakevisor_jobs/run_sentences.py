"""What a person reads of a run's state."""

from __future__ import annotations

from lakevisor_jobs.run_report import RunReport
from lakevisor_jobs.run_state import RunState

_PHRASES = {
    RunState.QUEUED: "is queued and has not begun",
    RunState.BLOCKED: "is blocked and has not begun",
    RunState.WAITING: "is waiting and has not ended",
    RunState.PENDING: "is being prepared",
    RunState.RUNNING: "is running",
    RunState.CANCEL_REQUESTED: "has been asked to stop",
    RunState.REPAIR_REQUESTED: "has been asked to run again what failed",
    RunState.TERMINATING: "is ending",
    RunState.UNKNOWN: "has not been seen to end; its state is not known",
    RunState.SUCCEEDED: "succeeded",
    RunState.SUCCEEDED_WITH_FAILURES: "succeeded, although some of its tasks failed",
    RunState.FAILED: "failed",
    RunState.TIMED_OUT: "was stopped because it took too long",
    RunState.CANCELLED: "was cancelled",
    RunState.SKIPPED: "was skipped and never ran",
    RunState.UPSTREAM_FAILED: "did not run because what it depends on failed",
    RunState.UPSTREAM_CANCELLED: "did not run because what it depends on was cancelled",
    RunState.EXCLUDED: "was left out and did not run",
    RunState.DISABLED: "is disabled and did not run",
    RunState.ENDED: "has ended; how is not known",
    RunState.VANISHED: "has vanished from the workspace",
}

_WITH_PROGRESS = {RunState.RUNNING, RunState.TERMINATING, RunState.WAITING, RunState.UNKNOWN}
_WITH_DURATION = {
    RunState.SUCCEEDED,
    RunState.FAILED,
    RunState.TIMED_OUT,
    RunState.CANCELLED,
}
_WITH_REASON = {
    RunState.QUEUED,
    RunState.BLOCKED,
    RunState.WAITING,
    RunState.FAILED,
    RunState.TIMED_OUT,
    RunState.SKIPPED,
    RunState.ENDED,
    RunState.VANISHED,
}


def phrase(state: RunState) -> str:
    """Return what a run does or did, to stand after its name: `is running`."""
    return _PHRASES[state]


def status_sentence(report: RunReport, *, stop_requested: bool = False) -> str:
    """Return how a run is doing, in one or two sentences.

    Args:
        report: the run as it was seen.
        stop_requested: whether somebody asked us to stop it.
    """
    words = phrase(report.state)
    if stop_requested and report.state is RunState.TERMINATING:
        words = "is being stopped"
    sentences = [f"Run {report.run_id} {words}{_facts(report)}."]
    if report.reason and report.state in _WITH_REASON:
        sentences.append(_sentence(report.reason))
    if report.running_tasks and len(report.tasks) > 1 and not stop_requested:
        names = ", ".join(f"`{task.key}`" for task in report.running_tasks)
        sentences.append(f"Running now: {names}.")
    if stop_requested and not report.state.is_final and report.state is not RunState.TERMINATING:
        sentences.append("A stop was requested and is not confirmed yet.")
    return " ".join(sentences)


def end_sentence(report: RunReport, *, title: str, error: str = "") -> str:
    """Return that a run has ended, for somebody who has not just asked for it.

    Args:
        report: the run as it was seen, at its end.
        title: its name for people.
        error: a task that failed, and why, in short.
    """
    ended = "" if report.state is RunState.VANISHED else "has ended: it "
    said = f'Run {report.run_id} ("{title}") {ended}{phrase(report.state)}{_facts(report)}.'
    if report.state.is_success:
        return f"{said} Ask for its status to see the result."
    why = error or (report.reason if report.state in _WITH_REASON else "")
    return f"{said} {_sentence(why)}" if why else said


def already_ended(report: RunReport) -> str:
    """Return why a run that is over cannot be stopped."""
    return f"Run {report.run_id} has already ended: it {phrase(report.state)}."


def duration(seconds: int) -> str:
    """Return a length of time for people: `40 s`, `2 min 5 s`, `1 h 3 min`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _facts(report: RunReport) -> str:
    if report.state in _WITH_DURATION and report.seconds is not None:
        return f" after {duration(report.seconds)}"
    if report.state not in _WITH_PROGRESS:
        return ""
    facts = []
    if len(report.tasks) > 1:
        facts.append(f"{report.tasks_done} of {len(report.tasks)} tasks done")
    if report.failed_tasks:
        facts.append(f"{len(report.failed_tasks)} failed")
    if report.seconds is not None:
        facts.append(f"{duration(report.seconds)} so far")
    return f": {', '.join(facts)}" if facts else ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
