"""Checks a job's settings and completes them with the platform's defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local_workspace.errors import InvalidParameter
from local_workspace.jobs.conditions import OPERATORS
from local_workspace.jobs.dependencies import check_graph
from local_workspace.jobs.workloads import KINDS

_DEFAULTS: Mapping[str, Any] = {
    "email_notifications": {},
    "webhook_notifications": {},
    "timeout_seconds": 0,
    "max_concurrent_runs": 1,
    "format": "MULTI_TASK",
    "name": "Untitled",
}
# nothing here would start such a run, so nobody should think that something does
_UNSUPPORTED = ("continuous", "git_source", "schedule", "trigger")
_NEEDS = {
    "notebook_task": ("notebook_path",),
    "spark_python_task": ("python_file",),
    "python_wheel_task": ("package_name", "entry_point"),
    "condition_task": ("op", "left", "right"),
}


def complete(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings as the API gives them back.

    Raises:
        InvalidParameter: they could not be run, or not by this workspace.
    """
    settings = {**_DEFAULTS, **given}
    for name in _UNSUPPORTED:
        if settings.get(name):
            raise InvalidParameter(f"The local workspace does not support jobs with {name!r}.")
    tasks = settings.get("tasks", [])
    if not isinstance(tasks, list) or not all(isinstance(task, dict) for task in tasks):
        raise InvalidParameter("tasks must be a list of objects.")
    for task in tasks:
        _check_task(task)
    check_graph(tasks)
    _check_parameters(settings.get("parameters", []))
    _check_number(settings, "max_concurrent_runs", low=0, high=2000)
    _check_number(settings, "timeout_seconds", low=0)
    return settings


def changed(
    settings: Mapping[str, Any], new: Mapping[str, Any], remove: list[str]
) -> dict[str, Any]:
    """Return settings after an update: top-level fields are replaced, tasks are merged by key.

    Args:
        settings: what the job has.
        new: the request's `new_settings`.
        remove: the request's `fields_to_remove`; `tasks/<key>` removes one task.
    """
    tasks = {task["task_key"]: task for task in settings.get("tasks", [])}
    tasks |= {task.get("task_key"): task for task in new.get("tasks", [])}
    result = {**settings, **new}
    for path in remove:
        field, _, key = path.partition("/")
        if field == "tasks" and key:
            tasks.pop(key, None)
        elif field == "tasks":
            tasks.clear()
        else:
            result.pop(field, None)
    if tasks or "tasks" in result:
        result["tasks"] = list(tasks.values())
    return complete(result)


def _check_task(task: Mapping[str, Any]) -> None:
    key = task.get("task_key")
    if not isinstance(key, str) or not re.fullmatch(r"[\w-]{1,100}", key):
        raise InvalidParameter(
            f"Task key {key!r} must have 1 to 100 letters, digits, hyphens or underscores."
        )
    kinds = [name for name in task if name.endswith("_task")]
    if len(kinds) != 1 or kinds[0] not in KINDS:
        raise InvalidParameter(
            f"Task '{key}' must have exactly one of {', '.join(KINDS)}; it has "
            f"{', '.join(kinds) or 'none'}."
        )
    content = task[kinds[0]]
    for field in _NEEDS[kinds[0]]:
        if not isinstance(content, dict) or not isinstance(content.get(field), str):
            raise InvalidParameter(f"Missing required field: {kinds[0]}.{field}")
    if content.get("op", "EQUAL_TO") not in OPERATORS:
        raise InvalidParameter(f"condition_task.op must be one of {', '.join(OPERATORS)}.")
    _check_number(task, "timeout_seconds", low=0)
    _check_number(task, "max_retries", low=-1)
    _check_number(task, "min_retry_interval_millis", low=0)


def _check_parameters(parameters: Any) -> None:
    for item in parameters if isinstance(parameters, list) else [parameters]:
        if not isinstance(item, dict) or not {"name", "default"} <= item.keys():
            raise InvalidParameter("Each of the job's parameters needs a name and a default.")


def _check_number(
    settings: Mapping[str, Any], name: str, *, low: int, high: int | None = None
) -> None:
    value = settings.get(name, 0)
    if type(value) is not int or value < low or (high is not None and value > high):
        limits = f"at least {low}" if high is None else f"between {low} and {high}"
        raise InvalidParameter(f"{name} must be a whole number, {limits}.")
