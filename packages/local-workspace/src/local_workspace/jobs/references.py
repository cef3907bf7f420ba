"""Dynamic value references: `{{job.run_id}}` and its like in a task's parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from local_workspace.jobs.records import Run, TaskRun

_REFERENCE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def resolve(value: Any, known: Mapping[str, str]) -> Any:
    """Return a parameter with its references replaced, at any depth.

    A reference that is not known stays as it stands, as on a real workspace.
    """
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: known.get(found[1], found[0]), value)
    if isinstance(value, Mapping):
        return {key: resolve(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, known) for item in value]
    return value


def known_references(run: Run, task: TaskRun, others: Iterable[TaskRun]) -> dict[str, str]:
    """Return what a task's parameters may refer to, by name.

    Args:
        run: the job's run.
        task: the task run whose parameters are resolved.
        others: the latest attempts at the other tasks, for `tasks.<key>...`.
    """
    known = _of_the_run(run) | {
        "task.name": task.task_key,
        "task.run_id": str(task.task_run_id),
        "task.execution_count": str(task.attempt),
        # the names before "dynamic value references" came, which are still honoured
        "task_key": task.task_key,
        "run_id": str(task.task_run_id),
    }
    for other in others:
        known |= _of_a_task(other)
    # a job parameter's default may hold references itself
    parameters = resolve(run.job_parameters(), known)
    return known | {f"job.parameters.{name}": str(value) for name, value in parameters.items()}


def _of_the_run(run: Run) -> dict[str, str]:
    started = datetime.fromtimestamp(run.start_time / 1000, tz=UTC)
    return {
        "job.id": str(run.job_id),
        "job.name": str(run.settings["name"]),
        "job.run_id": str(run.run_id),
        "job.repair_count": str(run.leg),
        "job.start_time.iso_date": started.date().isoformat(),
        "job.start_time.iso_datetime": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "job.start_time.timestamp_ms": str(run.start_time),
        "job_id": str(run.job_id),
        "parent_run_id": str(run.run_id),
        "start_date": started.date().isoformat(),
        "start_time": str(run.start_time),
    }


def _of_a_task(task: TaskRun) -> dict[str, str]:
    key = f"tasks.{task.task_key}"
    known = {f"{key}.run_id": str(task.task_run_id)}
    if task.phase.result_state:
        known[f"{key}.result_state"] = task.phase.result_state.lower()
    for name, value in task.task_values.items():
        known[f"{key}.values.{name}"] = value if isinstance(value, str) else json.dumps(value)
    return known
