"""How a run is found when nobody asked for it, so that its end can be told."""

from __future__ import annotations

from lakevisor_jobs.run_look import look, stop_was_requested, told_state
from lakevisor_jobs.run_result import first_error
from lakevisor_jobs.run_sentences import end_sentence, status_sentence
from lakevisor_jobs.settings import JobsSettings
from lakevisor_plugin import Operation, Seen, Turn


async def follow(_settings: JobsSettings, operation: Operation, turn: Turn) -> Seen:
    """Look at a run: one request, and another one for the error of a task that failed."""
    report = await look(operation, turn=turn)
    state = told_state(operation, report)
    if not report.state.is_final:
        text = status_sentence(report, stop_requested=stop_was_requested(operation))
        return Seen(state=state.value, is_final=False, text=text)
    error = await first_error(report, turn=turn) if report.failed_tasks else ""
    text = end_sentence(report, title=operation.title, error=error)
    return Seen(state=state.value, is_final=True, text=text)
