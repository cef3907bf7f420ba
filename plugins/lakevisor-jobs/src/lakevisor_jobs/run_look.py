"""Looking at a run in the workspace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from lakevisor_jobs.permission import no_permission_for_run, permission_needed
from lakevisor_jobs.run_report import RunReport, read_run
from lakevisor_jobs.run_state import RunState
from lakevisor_plugin import Operation, Turn

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import Run


async def get_run(run_id: str, *, turn: Turn) -> Run | None:
    """Return a run with the history of its repairs, or None where the workspace has none.

    Raises:
        GiveUp: Lakevisor may not see the run.
    """
    from databricks.sdk.errors import NotFound

    try:
        with permission_needed(no_permission_for_run(run_id)):
            return await turn.call(turn.workspace.jobs.get_run, int(run_id), include_history=True)
    except NotFound:
        return None


async def look(operation: Operation, *, turn: Turn) -> RunReport:
    """Look at a run and remember nothing.

    Raises:
        GiveUp: Lakevisor may not see the run.
    """
    run = await get_run(operation.run_id, turn=turn)
    return vanished(operation) if run is None else read_run(run, now=time.time())


async def see_run(operation: Operation, *, turn: Turn) -> RunReport:
    """Look at a run and remember its state.

    Raises:
        GiveUp: Lakevisor may not see the run.
    """
    return await note(operation, await look(operation, turn=turn), turn=turn)


async def note(operation: Operation, report: RunReport, *, turn: Turn) -> RunReport:
    """Remember how a run was seen, and return it."""
    state = told_state(operation, report)
    is_final = report.state.is_final
    await turn.operations.note(operation.run_id, state=state.value, is_final=is_final)
    return report


def told_state(operation: Operation, report: RunReport) -> RunState:
    """Return the state as people are told it: a stop stays requested until the run has ended."""
    if stop_was_requested(operation) and not report.state.is_final:
        return RunState.CANCEL_REQUESTED
    return report.state


def stop_was_requested(operation: Operation) -> bool:
    """Whether we asked for the end of a run and have not seen it."""
    return operation.is_cancel_requested and not operation.is_final


def vanished(operation: Operation) -> RunReport:
    """Return the report of a run that the workspace does not have any more."""
    seen = operation.state.replace("_", " ")
    reason = f"Databricks keeps runs for 60 days; when this one was last seen it was: {seen}."
    return RunReport(run_id=operation.run_id, state=RunState.VANISHED, reason=reason)
