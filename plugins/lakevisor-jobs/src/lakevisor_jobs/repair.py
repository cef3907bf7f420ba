"""Repairing a run: what failed in it runs again, under the same run id.

A repair has no idempotency token. What keeps it to one is the id of the repair before it: the
intent is remembered with that id before the repair is asked for, Databricks refuses a repair that
names an older one, and after a lost answer or a crash the run's history says whether it was done.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_jobs import answers
from lakevisor_jobs.configured_jobs import ConfiguredJob, ConfiguredJobs
from lakevisor_jobs.permission import no_permission_for_run, permission_needed
from lakevisor_jobs.run_look import get_run, note, vanished
from lakevisor_jobs.run_report import RunReport, read_run
from lakevisor_jobs.run_state import RunState
from lakevisor_plugin import (
    Answer,
    AskFirst,
    GiveUp,
    Launched,
    Operation,
    Settled,
    TryAgain,
    Turn,
)

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import Run

_INTENT = f"{RunState.REPAIR_REQUESTED.value}_after_"
_REPAIRABLE = {RunState.FAILED, RunState.TIMED_OUT, RunState.SUCCEEDED_WITH_FAILURES}


@dataclass(frozen=True, kw_only=True)
class _Look:
    """A run, with the repair that was the last one."""

    report: RunReport
    latest: int
    """The id of the latest repair; 0 where there was none."""


@dataclass(frozen=True, kw_only=True)
class Repair:
    """A run with failed tasks that can run again."""

    operation: Operation
    """The run."""
    job: ConfiguredJob
    """Its job."""
    look: _Look
    """How it was found."""

    def settled(self) -> Settled:
        """Return what a person is asked about."""
        run_id, title = self.operation.run_id, self.operation.title
        failed = [each.key for each in self.look.report.failed_tasks]
        return Settled(
            arguments={"run_id": run_id},
            action=f'run what failed in run {run_id} ("{title}") again',
            values={"tasks": failed} if failed else {},
        )


async def settle_repair(
    operation: Operation, jobs: ConfiguredJobs, *, turn: Turn
) -> Repair | Answer | Launched:
    """Return what would run again; or why nothing can, or that it does already.

    Raises:
        GiveUp: the job is not offered to the caller any more.
    """
    look = await _look(operation, turn=turn)
    if look is None:
        return answers.not_repaired(
            operation, await note(operation, vanished(operation), turn=turn)
        )
    before = _intended_after(operation)
    if before is not None and look.latest != before:
        # An earlier attempt got as far as asking, and its answer was lost with it.
        await note(operation, look.report, turn=turn)
        return answers.repair_under_way(operation, look.report)
    if look.report.state not in _REPAIRABLE:
        return answers.not_repaired(operation, await note(operation, look.report, turn=turn))
    return Repair(operation=operation, job=_job(operation, jobs, turn=turn), look=look)


async def repair_run(
    operation: Operation, jobs: ConfiguredJobs, *, turn: Turn
) -> Answer | Launched:
    """Run what failed in a run again, once; or say why that cannot be.

    Raises:
        AskFirst: the configuration wants the person's yes.
        GiveUp: the job is not offered to the caller any more, or the workspace refuses.
    """
    found = await settle_repair(operation, jobs, turn=turn)
    if not isinstance(found, Repair):
        return found
    if found.job.settings.confirm == "always" and not turn.is_accepted:
        raise AskFirst("A run is repaired only after your yes.", settled=found.settled())
    look = found.look
    if _intended_after(operation) is None:
        await note(operation, look.report, turn=turn)
        await turn.operations.repaired(operation.run_id, state=f"{_INTENT}{look.latest}")
    await _ask(operation, look, turn=turn)
    noted = await turn.operations.note(
        operation.run_id, state=RunState.PENDING.value, is_final=False
    )
    return answers.repair_started(noted, look.report)


def _job(operation: Operation, jobs: ConfiguredJobs, *, turn: Turn) -> ConfiguredJob:
    try:
        return jobs.choose(operation.job or operation.title, turn=turn)
    except (TryAgain, GiveUp) as error:
        raise GiveUp(
            f"Run {operation.run_id} cannot be repaired: its job is not offered here any more."
        ) from error


async def _look(operation: Operation, *, turn: Turn) -> _Look | None:
    run = await get_run(operation.run_id, turn=turn)
    if run is None:
        return None
    return _Look(report=read_run(run, now=time.time()), latest=_latest_repair(run))


def _latest_repair(run: Run) -> int:
    repairs = [each for each in run.repair_history or () if each.id]
    latest = max(repairs, key=lambda each: each.start_time or 0, default=None)
    return latest.id or 0 if latest is not None else 0


def _intended_after(operation: Operation) -> int | None:
    """Return after which repair one was intended, if its outcome is not known yet."""
    number = operation.state.removeprefix(_INTENT)
    return int(number) if number != operation.state and number.isdecimal() else None


async def _ask(operation: Operation, before: _Look, *, turn: Turn) -> None:
    """Ask for the repair; an error counts only if the run's history shows none.

    The SDK sends a POST again when its answer is lost, and is then told that the run goes on.
    """
    from databricks.sdk.errors import BadRequest, NotFound

    try:
        with permission_needed(no_permission_for_run(operation.run_id)):
            await turn.call(
                turn.workspace.jobs.repair_run,
                int(operation.run_id),
                rerun_all_failed_tasks=True,
                latest_repair_id=before.latest or None,
            )
    # The SDK's errors and those of the connection are OSErrors.
    except (OSError, GiveUp) as error:
        after = await _look(operation, turn=turn)
        if after is not None and after.latest != before.latest:
            return
        await note(operation, before.report, turn=turn)
        if isinstance(error, BadRequest | NotFound):
            raise GiveUp(f"Run {operation.run_id} cannot be repaired: {error}") from error
        raise
