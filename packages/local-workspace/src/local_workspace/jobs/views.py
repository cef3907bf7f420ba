"""How the API words jobs, runs, task runs and their output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local_workspace.jobs.phases import Phase, describe
from local_workspace.jobs.processes import Outcome
from local_workspace.jobs.records import Job, Leg, Run, TaskRun
from local_workspace.settings import Settings


def job_view(job: Job) -> dict[str, Any]:
    """Return a job as `jobs/get` and `jobs/list` give it."""
    run_as = job.settings.get("run_as", {})
    return {
        "job_id": job.job_id,
        "creator_user_name": job.creator,
        "run_as_user_name": run_as.get("user_name")
        or run_as.get("service_principal_name")
        or job.creator,
        "created_time": job.created_time,
        "settings": job.settings,
    }


class RunViews:
    """Words runs; it needs the workspace's address for the links."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def run(self, run: Run, tasks: Sequence[TaskRun] | None = None) -> dict[str, Any]:
        """Return a job's run, with its task runs if they are given."""
        view = self._heading(run, run.run_id)
        view["job_run_id"] = run.run_id
        if tasks is not None:
            view["tasks"] = [self._task(run, task) for task in tasks]
        view |= _parameters(run)
        view |= describe(run.phase, message=run.message, is_run=True)
        return view | _durations(run)

    def repair_history(self, legs: Sequence[Leg], tasks: Sequence[TaskRun]) -> list[dict[str, Any]]:
        """Return the original run and its repairs, as `include_history` asks for."""
        return [
            {
                "type": "REPAIR" if leg.repair_id else "ORIGINAL",
                **({"id": leg.repair_id} if leg.repair_id else {}),
                "start_time": leg.start_time,
                "end_time": leg.end_time or 0,
                **describe(leg.phase, message=leg.message, is_run=True),
                "task_run_ids": [task.task_run_id for task in tasks if task.leg == leg.leg],
            }
            for leg in legs
        ]

    def metadata(self, run: Run, task: TaskRun) -> dict[str, Any]:
        """Return a task run as if it were a run of its own, which the API allows."""
        metadata = self._heading(run, task.task_run_id)
        metadata |= {"job_run_id": run.run_id, **_parameters(run), **_durations(run)}
        metadata |= {"parent_run_id": run.run_id, "task_key": task.task_key}
        metadata |= describe(task.phase, message=task.message, is_run=False)
        return metadata | {"tasks": [self._task(run, task)]}

    def output(self, run: Run, task: TaskRun, outcome: Outcome | None) -> dict[str, Any]:
        """Return what `get-output` says of a task run, but for what it printed."""
        view: dict[str, Any] = {"metadata": self.metadata(run, task)}
        if outcome and outcome.error:
            view |= {"error": outcome.error, "error_trace": outcome.error_trace}
        elif task.phase in (Phase.RESOURCE_MISSING, Phase.DRIVER_LOST):
            view["error"] = task.message
        if "notebook_task" in task.spec:
            view["notebook_output"] = _notebook_output(outcome)
        return view

    def _heading(self, run: Run, run_id: int) -> dict[str, Any]:
        """Return what a run and the metadata of a task run have in common."""
        return {
            "job_id": run.job_id,
            "run_id": run_id,
            "creator_user_name": run.creator,
            "number_in_job": run_id,
            "original_attempt_run_id": run_id,
            "start_time": run.start_time,
            "setup_duration": 0,
            "execution_duration": 0,
            "cleanup_duration": 0,
            "end_time": run.end_time or 0,
            "trigger": "ONE_TIME",
            "run_name": run.settings["name"],
            "run_page_url": self._page(run, run_id),
            "run_type": run.run_type,
            "format": "MULTI_TASK",
        }

    def _task(self, run: Run, task: TaskRun) -> dict[str, Any]:
        spec = dict(task.spec)
        if task.outcome:
            spec["condition_task"] = {**spec["condition_task"], "outcome": task.outcome}
        execution = 0
        if task.end_time and task.start_time:
            execution = max(0, task.end_time - task.start_time - task.setup_duration)
        return {
            **spec,
            "run_id": task.task_run_id,
            "start_time": task.start_time or 0,
            "setup_duration": task.setup_duration,
            "execution_duration": execution,
            "cleanup_duration": 0,
            "end_time": task.end_time or 0,
            "attempt_number": task.attempt,
            "run_page_url": self._page(run, task.task_run_id),
            **describe(task.phase, message=task.message, is_run=False),
        }

    def _page(self, run: Run, run_id: int) -> str:
        settings = self._settings
        return f"{settings.url}/?o={settings.workspace_id}#job/{run.job_id}/run/{run_id}"


def _parameters(run: Run) -> dict[str, Any]:
    defaults = {item["name"]: item["default"] for item in run.settings.get("parameters", [])}
    values = [
        {"name": name, **_default(defaults, name), "value": value}
        for name, value in run.job_parameters().items()
    ]
    view: dict[str, Any] = {"job_parameters": values} if values else {}
    if run.overriding:
        view["overriding_parameters"] = run.overriding
    return view


def _default(defaults: Mapping[str, str], name: str) -> dict[str, str]:
    return {"default": defaults[name]} if name in defaults else {}


def _durations(run: Run) -> dict[str, int]:
    view: dict[str, int] = {}
    if run.was_queued and run.admitted_time:
        view["queue_duration"] = run.admitted_time - run.start_time
    if run.end_time and run.phase is not Phase.OVER_LIMIT:
        view["run_duration"] = run.end_time - run.start_time
    return view


def _notebook_output(outcome: Outcome | None) -> dict[str, Any]:
    if outcome is None or outcome.result is None:
        return {}
    return {"result": outcome.result, "truncated": outcome.truncated}
