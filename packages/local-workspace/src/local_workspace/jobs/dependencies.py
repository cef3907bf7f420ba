"""Which task may start: the tasks' graph and `run_if`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any

from local_workspace.errors import InvalidParameter
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.records import TaskRun

RUN_IF = (
    "ALL_SUCCESS",
    "ALL_DONE",
    "AT_LEAST_ONE_SUCCESS",
    "NONE_FAILED",
    "ALL_FAILED",
    "AT_LEAST_ONE_FAILED",
)


def upstream_keys(spec: Mapping[str, Any]) -> list[str]:
    """Return the keys of the tasks that a task waits for."""
    return [dependency["task_key"] for dependency in spec.get("depends_on", [])]


def downstream_keys(specs: Sequence[Mapping[str, Any]], keys: Iterable[str]) -> set[str]:
    """Return the tasks that depend, directly or not, on any of these."""
    found: set[str] = set()
    frontier = set(keys)
    while frontier:
        frontier = {
            spec["task_key"]
            for spec in specs
            if frontier.intersection(upstream_keys(spec)) and spec["task_key"] not in found
        }
        found |= frontier
    return found


def leaf_keys(specs: Sequence[Mapping[str, Any]]) -> set[str]:
    """Return the tasks that no other waits for; they decide how the run ended."""
    needed = {key for spec in specs for key in upstream_keys(spec)}
    return {spec["task_key"] for spec in specs} - needed


def check_graph(specs: Sequence[Mapping[str, Any]]) -> None:
    """Refuse task keys that are doubled or unknown, and circles.

    Raises:
        InvalidParameter: the tasks do not form a graph that could run.
    """
    keys = [spec["task_key"] for spec in specs]
    for key in keys:
        if keys.count(key) > 1:
            raise InvalidParameter(f"Task keys must be unique, but {key!r} is used more than once.")
    for spec in specs:
        for upstream in upstream_keys(spec):
            if upstream not in keys:
                raise InvalidParameter(
                    f"Invalid dependency graph: task '{spec['task_key']}' depends on '{upstream}', "
                    "which does not exist."
                )
        if spec.get("run_if", "ALL_SUCCESS") not in RUN_IF:
            raise InvalidParameter(f"run_if must be one of {', '.join(RUN_IF)}.")
    try:
        TopologicalSorter({spec["task_key"]: upstream_keys(spec) for spec in specs}).prepare()
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise InvalidParameter(f"Invalid dependency graph: circle {circle}.") from error


def next_phase(spec: Mapping[str, Any], latest: Mapping[str, TaskRun]) -> Phase | None:
    """Return what becomes of a blocked task, or None while it must wait.

    An excluded dependency counts as done well, a cancelled one as failed; a task all of whose
    dependencies were excluded is excluded as well (the platform's documentation of `run_if`).
    """
    ends = [_end_of(dependency, latest) for dependency in spec.get("depends_on", [])]
    if any(end is None for end in ends):
        return None
    if not ends:
        return Phase.PENDING
    if all(end is Phase.EXCLUDED for end in ends):
        return Phase.EXCLUDED
    return _decide(spec.get("run_if", "ALL_SUCCESS"), [end for end in ends if end])


def _end_of(dependency: Mapping[str, Any], latest: Mapping[str, TaskRun]) -> Phase | None:
    task = latest[dependency["task_key"]]
    if not task.phase.is_final:
        return None
    wanted = dependency.get("outcome")
    if wanted and task.phase is Phase.SUCCEEDED and wanted != task.outcome:
        return Phase.EXCLUDED
    return task.phase


def _decide(run_if: str, ends: Sequence[Phase]) -> Phase:
    bad = [end for end in ends if end.is_failure or end.is_cancellation]
    well = any(end is Phase.SUCCEEDED for end in ends)
    met = {
        "ALL_SUCCESS": not bad,
        "ALL_DONE": True,
        "AT_LEAST_ONE_SUCCESS": well,
        "NONE_FAILED": not bad and well,
        "ALL_FAILED": len(bad) == len(ends),
        "AT_LEAST_ONE_FAILED": bool(bad),
    }[run_if]
    if met:
        return Phase.PENDING
    if run_if in ("ALL_FAILED", "AT_LEAST_ONE_FAILED"):
        return Phase.EXCLUDED
    if any(end.is_failure for end in bad):
        return Phase.UPSTREAM_FAILED
    return Phase.UPSTREAM_CANCELED
