"""Requests that start runs: checked, made once per token, admitted, queued or skipped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_workspace.area import Caller
from local_workspace.errors import InvalidParameter
from local_workspace.jobs.access import access_list, require
from local_workspace.jobs.arguments import Arguments
from local_workspace.jobs.job_settings import complete
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.records import Job, Leg, Run, TaskRun
from local_workspace.jobs.scheduler import Scheduler
from local_workspace.jobs.store import JobStore, new_id, now

_OVERRIDING = {
    "notebook_params": dict,
    "python_params": list,
    "python_named_params": dict,
}
_UNSUPPORTED = (
    "dbt_commands",
    "jar_params",
    "only",
    "pipeline_params",
    "spark_submit_params",
    "sql_params",
)
PARAMETER_BYTES = 10_000
TOKEN_CHARACTERS = 64


class RunRequests:
    """Answers `jobs/run-now` and `jobs/runs/submit`."""

    def __init__(self, store: JobStore, scheduler: Scheduler) -> None:
        self._store = store
        self._scheduler = scheduler

    def run_now(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Start a run of a job; the same token gives the run that exists."""
        job_id = given.number("job_id")
        job = self._store.job(job_id)
        if job is None or job.deleted or job.one_time:
            raise InvalidParameter(f"Job {job_id} does not exist.")
        require(caller, "CAN_MANAGE_RUN", job)
        settings = dict(job.settings)
        if queue := given.mapping("queue"):
            settings["queue"] = queue
        run = _new_run(job, caller, given, settings)
        run_id = self._add(run)
        return {"run_id": run_id, "number_in_job": run_id}

    def submit(self, caller: Caller, given: Arguments) -> dict[str, Any]:
        """Start a run without a job of its own."""
        settings = given.all()
        settings.pop("idempotency_token", None)
        access = settings.pop("access_control_list", None)
        settings["name"] = settings.pop("run_name", None) or "Untitled"
        job = Job(
            job_id=new_id(),
            creator=caller.user_name,
            created_time=now(),
            settings=complete(settings),
            access=access_list(access) if access else [],
            one_time=True,
        )
        run = _new_run(job, caller, given, dict(job.settings))
        return {"run_id": self._add(run, job)}

    def _add(self, run: Run, job: Job | None = None) -> int:
        """Keep a new run, unless its token has one; return the id of the run that counts."""
        with self._store.transaction():
            if run.token and (former := self._store.run_of_token(run.token)):
                return _run_id_of(former)
            run = self._admitted(run)
            tasks = first_task_runs(run)
            leg = Leg(
                run_id=run.run_id,
                leg=0,
                repair_id=None,
                start_time=run.start_time,
                end_time=run.end_time,
                phase=run.phase,
                message=run.message,
            )
            self._store.save(*([job] if job else []), run, leg, *tasks)
        self._scheduler.wake()
        return run.run_id

    def _admitted(self, run: Run) -> Run:
        """Return the run as it begins: under way, queued, or skipped at once."""
        if self._store.has_room(run):
            return replace(run, admitted_time=run.start_time)
        if run.settings.get("queue", {}).get("enabled"):
            message = f"Queued due to reaching maximum concurrent runs of {run.limit}."
            return replace(run, phase=Phase.QUEUED, was_queued=True, message=message)
        message = (
            f"Skipping this run because the limit of {run.limit} maximum concurrent runs has been "
            "reached."
        )
        return replace(run, phase=Phase.OVER_LIMIT, message=message, end_time=now())


def first_task_runs(run: Run) -> list[TaskRun]:
    """Return the first attempts at the tasks of a new run."""
    return [
        TaskRun(
            task_run_id=new_id(),
            run_id=run.run_id,
            task_key=spec["task_key"],
            phase=_first_phase(run, spec),
            message=run.message if run.phase is Phase.QUEUED and not _waits(spec) else "",
            spec=spec,
        )
        for spec in run.task_specs()
    ]


def overriding_parameters(given: Arguments) -> dict[str, Any]:
    """Return a request's older, per-type parameters, checked.

    Raises:
        InvalidParameter: of a wrong type, too large, or of a type of task that cannot run here.
    """
    everything = given.all()
    for name in _UNSUPPORTED:
        if everything.get(name):
            raise InvalidParameter(f"The local workspace has no tasks that take {name!r}.")
    found = {name: everything[name] for name in _OVERRIDING if everything.get(name)}
    for name, value in found.items():
        if not isinstance(value, _OVERRIDING[name]):
            raise InvalidParameter(f"{name} has the wrong type.")
        check_size(name, value)
    return found


def check_size(name: str, value: Any) -> None:
    """Refuse parameters whose JSON has more bytes than the platform takes.

    Raises:
        InvalidParameter: it has.
    """
    size = len(json.dumps({name: value}, ensure_ascii=False, separators=(",", ":")).encode())
    if size > PARAMETER_BYTES:
        raise InvalidParameter(
            f"The JSON representation of {name} cannot exceed {PARAMETER_BYTES} bytes; it has "
            f"{size}."
        )


def _new_run(job: Job, caller: Caller, given: Arguments, settings: Mapping[str, Any]) -> Run:
    token = given.text("idempotency_token")
    if token and len(token) > TOKEN_CHARACTERS:
        raise InvalidParameter(
            f"The idempotency token must have at most {TOKEN_CHARACTERS} characters; it has "
            f"{len(token)}."
        )
    parameters = given.mapping("job_parameters")
    check_size("job_parameters", parameters)
    if not settings.get("tasks"):
        raise InvalidParameter("A run needs at least one task.")
    return Run(
        run_id=new_id(),
        job_id=job.job_id,
        run_type="SUBMIT_RUN" if job.one_time else "JOB_RUN",
        creator=caller.user_name,
        token=token,
        settings=settings,
        parameters=parameters,
        overriding=overriding_parameters(given),
        phase=Phase.PENDING,
        start_time=now(),
    )


def _run_id_of(former: Run) -> int:
    if former.deleted:
        raise InvalidParameter(f"The run {former.run_id} with this idempotency token was deleted.")
    return former.run_id


def _first_phase(run: Run, spec: Mapping[str, Any]) -> Phase:
    if run.phase is Phase.OVER_LIMIT:
        return run.phase
    return Phase.BLOCKED if _waits(spec) else run.phase


def _waits(spec: Mapping[str, Any]) -> bool:
    return bool(spec.get("depends_on"))
