"""Which task may start."""

from __future__ import annotations

import pytest

from local_workspace.errors import InvalidParameter
from local_workspace.jobs.dependencies import (
    check_graph,
    downstream_keys,
    leaf_keys,
    next_phase,
)
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.records import TaskRun


def spec(key: str, *upstream: str, **more: object) -> dict[str, object]:
    return {"task_key": key, "depends_on": [{"task_key": name} for name in upstream], **more}


def latest(**phases: Phase) -> dict[str, TaskRun]:
    return {
        key: TaskRun(task_run_id=1, run_id=1, task_key=key, phase=phase, spec={})
        for key, phase in phases.items()
    }


@pytest.mark.parametrize(
    ("run_if", "a", "b", "expected"),
    [
        ("ALL_SUCCESS", Phase.SUCCEEDED, Phase.SUCCEEDED, Phase.PENDING),
        ("ALL_SUCCESS", Phase.SUCCEEDED, Phase.RUNNING, None),
        ("ALL_SUCCESS", Phase.FAILED, Phase.RUNNING, None),
        ("ALL_SUCCESS", Phase.SUCCEEDED, Phase.CANCELED, Phase.UPSTREAM_CANCELED),
        ("ALL_SUCCESS", Phase.DRIVER_LOST, Phase.CANCELED, Phase.UPSTREAM_FAILED),
        ("ALL_SUCCESS", Phase.SUCCEEDED, Phase.EXCLUDED, Phase.PENDING),
        ("ALL_DONE", Phase.FAILED, Phase.CANCELED, Phase.PENDING),
        ("ALL_DONE", Phase.EXCLUDED, Phase.EXCLUDED, Phase.EXCLUDED),
        ("AT_LEAST_ONE_SUCCESS", Phase.FAILED, Phase.SUCCEEDED, Phase.PENDING),
        ("AT_LEAST_ONE_SUCCESS", Phase.FAILED, Phase.FAILED, Phase.UPSTREAM_FAILED),
        ("NONE_FAILED", Phase.SUCCEEDED, Phase.EXCLUDED, Phase.PENDING),
        ("NONE_FAILED", Phase.SUCCEEDED, Phase.TIMED_OUT, Phase.UPSTREAM_FAILED),
        ("ALL_FAILED", Phase.FAILED, Phase.UPSTREAM_FAILED, Phase.PENDING),
        ("ALL_FAILED", Phase.FAILED, Phase.SUCCEEDED, Phase.EXCLUDED),
        ("AT_LEAST_ONE_FAILED", Phase.SUCCEEDED, Phase.SUCCEEDED, Phase.EXCLUDED),
    ],
)
def test_run_if(run_if, a, b, expected):
    assert next_phase(spec("last", "a", "b", run_if=run_if), latest(a=a, b=b)) is expected


def test_a_task_that_needs_nothing_may_start():
    assert next_phase(spec("first"), {}) is Phase.PENDING


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ([spec("a"), spec("a")], "used more than once"),
        ([spec("a", "b")], "depends on 'b', which does not exist"),
        ([spec("a", "b"), spec("b", "a")], "circle"),
        ([spec("a", run_if="SOMETIMES")], "run_if must be one of"),
    ],
)
def test_a_graph_that_could_not_run_is_refused(specs, message):
    with pytest.raises(InvalidParameter, match=message):
        check_graph(specs)


def test_leaves_and_what_follows_a_task():
    diamond = [spec("a"), spec("b", "a"), spec("c", "a"), spec("d", "b", "c"), spec("e")]
    assert leaf_keys(diamond) == {"d", "e"}
    assert downstream_keys(diamond, ["b"]) == {"d"}
    assert downstream_keys(diamond, ["a"]) == {"b", "c", "d"}
