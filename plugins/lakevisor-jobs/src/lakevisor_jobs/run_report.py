"""What is known of a run at one moment, without the SDK's many optional fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_jobs.run_state import RunState, state_of

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import Run, RunTask


@dataclass(frozen=True, kw_only=True)
class TaskReport:
    """One task of a run, in its latest attempt."""

    key: str
    """Its name in the job."""
    run_id: int
    """The id of the task's own run, under which its output lies."""
    state: RunState
    """How it is doing."""
    is_leaf: bool
    """Whether no other task depends on it: its result is a result of the job."""


@dataclass(frozen=True, kw_only=True)
class RunReport:
    """A run as it was seen."""

    run_id: str
    """The run's id."""
    state: RunState
    """How it is doing."""
    tasks: tuple[TaskReport, ...] = ()
    """Its tasks in the job's order."""
    seconds: int | None = None
    """How long it took, or has taken so far; None before it began."""
    reason: str = ""
    """Why it waits or how it ended, in Databricks' words."""
    url: str | None = None
    """The page where a person can look at it."""

    @property
    def tasks_done(self) -> int:
        """How many tasks have done their work."""
        return sum(task.state.is_success for task in self.tasks)

    @property
    def failed_tasks(self) -> tuple[TaskReport, ...]:
        """The tasks that went wrong themselves."""
        return tuple(task for task in self.tasks if task.state.is_failure)

    @property
    def running_tasks(self) -> tuple[TaskReport, ...]:
        """The tasks that are at work right now."""
        return tuple(task for task in self.tasks if task.state is RunState.RUNNING)


def read_run(run: Run, *, now: float) -> RunReport:
    """Return what a run says of itself.

    Args:
        run: the answer of `jobs/runs/get`.
        now: the time, in seconds since 1970.
    """
    return RunReport(
        run_id=str(run.run_id),
        state=state_of(run),
        tasks=_tasks(run.tasks or ()),
        seconds=_seconds(run, now=now),
        reason=_reason(run),
        url=run.run_page_url or None,
    )


def _tasks(tasks: Iterable[RunTask]) -> tuple[TaskReport, ...]:
    latest: dict[str, RunTask] = {}
    for task in tasks:
        seen = latest.get(task.task_key)
        if seen is None or (task.attempt_number or 0) >= (seen.attempt_number or 0):
            latest[task.task_key] = task
    needed = {need.task_key for task in latest.values() for need in task.depends_on or ()}
    return tuple(
        TaskReport(
            key=task.task_key,
            run_id=task.run_id or 0,
            state=state_of(task),
            is_leaf=task.task_key not in needed,
        )
        for task in latest.values()
    )


def _seconds(run: Run, *, now: float) -> int | None:
    if run.run_duration:
        return round(run.run_duration / 1000)
    # A run that is being repaired began long ago and has rested since; the repair counts.
    begun = max((each.start_time or 0 for each in run.repair_history or ()), default=0)
    start = begun or run.start_time
    if not start:
        return None
    # `end_time` is 0 as long as the run goes on.
    end = run.end_time or now * 1000
    return max(0, round((end - start) / 1000))


def _reason(run: Run) -> str:
    if run.status is not None:
        details = run.status.queue_details or run.status.termination_details
        if details is not None and details.message:
            return details.message.strip()
    if run.state is not None:
        return (run.state.queue_reason or run.state.state_message or "").strip()
    return ""
