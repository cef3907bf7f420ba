"""Repairs: tasks of a finished run, run once more as part of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from local_workspace.area import Caller
from local_workspace.errors import InvalidParameter
from local_workspace.jobs.arguments import Arguments
from local_workspace.jobs.dependencies import downstream_keys
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.records import Leg, Run, TaskRun
from local_workspace.jobs.run_requests import check_size, overriding_parameters
from local_workspace.jobs.runs import InvalidState, Runs
from local_workspace.jobs.scheduler import Scheduler
from local_workspace.jobs.store import JobStore, new_id, now


class Repairs:
    """Answers `jobs/runs/repair`."""

    def __init__(self, store: JobStore, *, scheduler: Scheduler, runs: Runs) -> None:
        self._store = store
        self._scheduler = scheduler
        self._runs = runs

    def repair(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Start a repair of a finished run."""
        run, _ = self._runs.find(caller, given, "CAN_MANAGE_RUN")
        if not run.phase.is_final:
            raise InvalidState(f"Run {run.run_id} is in progress and cannot be repaired.")
        self._check_latest(run, given)
        run = self._with_current_settings(run, given)
        latest = self._store.latest_task_runs(run)
        keys = _keys_to_rerun(run, given, latest)
        run = replace(
            run,
            phase=Phase.PENDING,
            message="",
            end_time=None,
            admitted_time=now(),
            was_queued=False,
            leg=run.leg + 1,
        )
        leg = Leg(
            run_id=run.run_id,
            leg=run.leg,
            repair_id=new_id(),
            start_time=now(),
            phase=run.phase,
        )
        with self._store.transaction():
            self._store.save(run, leg, *_next_task_runs(run, keys, latest))
        self._scheduler.wake()
        return {"repair_id": leg.repair_id}

    def _check_latest(self, run: Run, given: Arguments) -> None:
        latest = self._store.legs(run.run_id)[-1].repair_id
        said = given.optional_number("latest_repair_id")
        if latest and said is None:
            raise InvalidParameter(
                "The latest repair ID needs to be provided in order to request an additional "
                "repair."
            )
        if said and said != latest:
            raise InvalidParameter(f"{said} is not the latest repair of run {run.run_id}.")

    def _with_current_settings(self, run: Run, given: Arguments) -> Run:
        """Return the run with the job's present tasks and the repair's own parameters."""
        parameters = given.mapping("job_parameters")
        check_size("job_parameters", parameters)
        job = self._store.job(run.job_id)
        return replace(
            run,
            settings=job.settings if job and not job.deleted else run.settings,
            parameters={**run.parameters, **parameters},
            overriding={**run.overriding, **overriding_parameters(given)},
        )


def _keys_to_rerun(run: Run, given: Arguments, latest: Mapping[str, TaskRun]) -> set[str]:
    specs = run.task_specs()
    asked = set(given.texts("rerun_tasks"))
    all_failed = given.flag("rerun_all_failed_tasks")
    if bool(asked) == all_failed:
        raise InvalidParameter("One of rerun_tasks and rerun_all_failed_tasks must be given.")
    keys = {spec["task_key"] for spec in specs}
    if unknown := asked - keys:
        raise InvalidParameter(f"Run {run.run_id} has no task {', '.join(sorted(unknown))}.")
    if all_failed:
        asked = {key for key in keys if key not in latest or _went_wrong(latest[key])}
    if not asked:
        raise InvalidParameter(f"Run {run.run_id} has no failed tasks to repair.")
    if given.flag("rerun_dependent_tasks"):
        asked |= downstream_keys(specs, asked)
    return asked


def _went_wrong(task: TaskRun) -> bool:
    return (
        task.phase.is_failure
        or task.phase.is_cancellation
        or task.phase in (Phase.OVER_LIMIT, Phase.EXCLUDED)
    )


def _next_task_runs(run: Run, keys: set[str], latest: Mapping[str, TaskRun]) -> Sequence[TaskRun]:
    """Return new attempts; all are blocked until the scheduler has looked at what they need."""
    return [
        TaskRun(
            task_run_id=new_id(),
            run_id=run.run_id,
            task_key=spec["task_key"],
            leg=run.leg,
            attempt=latest[spec["task_key"]].attempt + 1 if spec["task_key"] in latest else 0,
            phase=Phase.BLOCKED,
            spec=spec,
            start_time=now(),
        )
        for spec in run.task_specs()
        if spec["task_key"] in keys
    ]
