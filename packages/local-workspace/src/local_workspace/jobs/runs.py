"""Runs that exist: read, listed, cancelled, deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from local_workspace.area import Caller
from local_workspace.errors import ApiError, InvalidParameter
from local_workspace.jobs.access import may, require
from local_workspace.jobs.arguments import Arguments
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.processes import Processes
from local_workspace.jobs.records import Run, TaskRun
from local_workspace.jobs.scheduler import Scheduler
from local_workspace.jobs.store import JobStore
from local_workspace.jobs.views import RunViews

LOG_BYTES = 5 * 1024 * 1024


class Runs:
    """The calls of the API about runs that exist."""

    def __init__(
        self, store: JobStore, *, scheduler: Scheduler, processes: Processes, views: RunViews
    ) -> None:
        self._store = store
        self._scheduler = scheduler
        self._processes = processes
        self._views = views

    def get(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/runs/get`, for a job's run or for one of its task runs."""
        run, task = self.find(caller, given, "CAN_VIEW")
        tasks = self._store.task_runs(run)
        if task:
            return self._views.metadata(run, task)
        view = self._views.run(run, tasks)
        if given.flag("include_history"):
            legs = self._store.legs(run.run_id)
            view["repair_history"] = self._views.repair_history(legs, tasks)
        return view

    def list_runs(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/runs/list`: newest first."""
        limit = given.number_between("limit", 0, 25, default=20) or 25
        start = given.optional_number("page_token") or given.optional_number("offset") or 0
        if given.flag("active_only") and given.flag("completed_only"):
            raise InvalidParameter("active_only and completed_only cannot both be true.")
        found = [run for run in self._visible(caller, given) if _is_wanted(run, given)]
        page = found[start : start + limit]
        answer: dict[str, Any] = {"has_more": len(found) > start + limit}
        if page:
            expand = given.flag("expand_tasks")
            answer["runs"] = [
                self._views.run(run, self._store.task_runs(run) if expand else None) for run in page
            ]
        if answer["has_more"]:
            answer["next_page_token"] = str(start + limit)
        return answer

    def get_output(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/runs/get-output`, which is of task runs only."""
        run, task = self.find(caller, given, "CAN_VIEW")
        if task is None:
            raise InvalidParameter(
                "Retrieving the output of runs with multiple tasks is not supported. Please "
                "retrieve the output of each individual task run instead."
            )
        finished = task.phase.is_final
        outcome = self._processes.outcome(task.task_run_id) if finished else None
        view = self._views.output(run, task, outcome)
        if "spark_python_task" in task.spec or "python_wheel_task" in task.spec:
            logs, truncated = self._processes.output(task.task_run_id, LOG_BYTES)
            view |= {"logs": logs, "logs_truncated": truncated}
        return view

    def cancel(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/runs/cancel`: the end is asked for, and comes a little later."""
        run, _ = self.find(caller, given, "CAN_MANAGE_RUN")
        self._cancel(run)
        return {}

    def cancel_all(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/runs/cancel-all`, for a job or (`all_queued_runs`) for what is queued."""
        job_id = given.optional_number("job_id")
        if job_id is None and not given.flag("all_queued_runs"):
            raise InvalidParameter("Missing required field: job_id")
        if job_id is not None:
            job = self._store.job(job_id)
            if job is None or job.deleted:
                raise InvalidParameter(f"Job {job_id} does not exist.")
            require(caller, "CAN_MANAGE_RUN", job)
        for run in self._store.listed_runs(job_id):
            queued_only = given.flag("all_queued_runs")
            if run.phase is Phase.QUEUED or not queued_only:
                job = self._store.job(run.job_id)
                if job and may(caller, "CAN_MANAGE_RUN", job):
                    self._cancel(run)
        return {}

    def delete(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Answer `jobs/runs/delete`: a finished run and what its processes left."""
        run, _ = self.find(caller, given, "CAN_MANAGE_RUN")
        if not run.phase.is_final:
            raise InvalidState(
                f"Run {run.run_id} is active and cannot be deleted; cancel it first."
            )
        for task in self._store.task_runs(run):
            self._processes.remove(task.task_run_id)
        self._store.save(replace(run, deleted=True))
        return {}

    def find(self, caller: Caller, given: Arguments, level: str) -> tuple[Run, TaskRun | None]:
        """Return the run of a request, and the task run if the id was one's.

        Raises:
            InvalidParameter: there is no such run, in the words that the SDK recognises.
            PermissionDenied: the caller has less than this permission level on its job.
        """
        run_id = given.number("run_id")
        task = self._store.task_run(run_id)
        run = self._store.run(task.run_id if task else run_id)
        job = self._store.job(run.job_id) if run else None
        if run is None or job is None or run.deleted:
            raise InvalidParameter(f"Run {run_id} does not exist.")
        require(caller, level, job)
        return run, task

    def _cancel(self, run: Run) -> None:
        if run.phase.is_final or run.ending:
            return
        self._store.save(replace(run, phase=Phase.TERMINATING, ending=Phase.CANCELED))
        self._scheduler.wake()

    def _visible(self, caller: Caller, given: Arguments) -> list[Run]:
        job_id = given.optional_number("job_id")
        runs = self._store.listed_runs(job_id)
        jobs = {run.job_id: self._store.job(run.job_id) for run in runs}
        return [run for run in runs if (job := jobs[run.job_id]) and may(caller, "CAN_VIEW", job)]


class InvalidState(ApiError):
    """The run is not in a state that allows this."""

    status = 400
    error_code = "INVALID_STATE"


def _is_wanted(run: Run, given: Arguments) -> bool:
    since = given.optional_number("start_time_from")
    until = given.optional_number("start_time_to")
    run_type = given.text("run_type")
    return (
        not (given.flag("active_only") and run.phase.is_final)
        and not (given.flag("completed_only") and not run.phase.is_final)
        and (run_type is None or run.run_type == run_type)
        and (since is None or run.start_time >= since)
        and (until is None or run.start_time <= until)
    )
