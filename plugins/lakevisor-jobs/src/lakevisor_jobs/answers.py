"""The answers of the tools: the words for the person, and the same as data for programs."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from lakevisor_jobs.chosen_values import with_values
from lakevisor_jobs.run_report import RunReport
from lakevisor_jobs.run_sentences import already_ended, status_sentence
from lakevisor_plugin import Answer, Launched, Operation

_FOR_MODEL_CHARS = 1500


def launched(operation: Operation, chosen: Mapping[str, str]) -> Launched:
    """Return that a job was started.

    Args:
        operation: the run.
        chosen: the parameters that tell the person something, as they were sent.
    """
    lines = [
        f'Started "{operation.title}". Run {operation.run_id}. Ask for its status at any time.'
    ]
    if chosen:
        lines.append(with_values(chosen))
    if operation.url:
        lines.append(f"[Open the run]({operation.url})")
    return Launched(operation=operation, text="\n\n".join(lines))


def status(operation: Operation, report: RunReport, *, result: str, stop_requested: bool) -> Answer:
    """Return how a run is doing.

    Args:
        operation: the run as it was launched.
        report: the run as it was seen.
        result: its result or its errors, Markdown; empty if there is none.
        stop_requested: whether somebody asked us to stop it.
    """
    sentence = status_sentence(report, stop_requested=stop_requested)
    text = "\n\n".join(part for part in (sentence, result) if part)
    short = text if len(text) <= _FOR_MODEL_CHARS else f"{text[:_FOR_MODEL_CHARS]} …"
    data = _data(operation, report)
    return Answer(text=text, for_model=short, data=data | ({"result": result} if result else {}))


def stop_requested(operation: Operation) -> Answer:
    """Return that the end of a run was asked for, which is not yet its end."""
    text = (
        f"Stop requested for run {operation.run_id}. Ask for its status to see that it has stopped."
    )
    data: dict[str, JsonValue] = {
        "run_id": operation.run_id,
        "job": operation.job,
        "state": operation.state,
        "url": operation.url,
    }
    return Answer(text=text, data=data)


def nothing_to_stop(operation: Operation, report: RunReport) -> Answer:
    """Return that a run is over and cannot be stopped."""
    return Answer(text=already_ended(report), data=_data(operation, report))


def repair_started(operation: Operation, before: RunReport) -> Launched:
    """Return that what failed in a run runs again.

    Args:
        operation: the run.
        before: how it was before the repair.
    """
    failed = len(before.failed_tasks)
    tasks = "1 failed task runs" if failed == 1 else f"{failed} failed tasks run"
    what = tasks if failed else "what did not succeed runs"
    return Launched(
        operation=operation,
        text=f"Repair of run {operation.run_id} started: {what} again.",
    )


def repair_under_way(operation: Operation, report: RunReport) -> Launched:
    """Return that a repair was started before, and how the run is doing since."""
    text = f"Repair of run {operation.run_id} was started. {status_sentence(report)}"
    return Launched(operation=operation, text=text)


def not_repaired(operation: Operation, report: RunReport) -> Answer:
    """Return why a run is not repaired."""
    why = "Only a run that has ended with failed tasks can be repaired."
    return Answer(text=f"{status_sentence(report)} {why}", data=_data(operation, report))


def _data(operation: Operation, report: RunReport) -> dict[str, JsonValue]:
    return {
        "run_id": report.run_id,
        "job": operation.job,
        "state": report.state.value,
        "tasks_done": report.tasks_done,
        "tasks_total": len(report.tasks),
        "seconds": report.seconds,
        "url": report.url or operation.url,
    }
