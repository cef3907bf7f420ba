"""Dynamic value references."""

from __future__ import annotations

import pytest

from local_workspace.jobs.phases import Phase
from local_workspace.jobs.records import Run, TaskRun
from local_workspace.jobs.references import known_references, resolve


@pytest.fixture
def known() -> dict[str, str]:
    parameter = {"name": "day", "default": "{{job.start_time.iso_date}}"}
    settings = {"name": "report", "parameters": [parameter], "tasks": []}
    run = Run(
        run_id=22,
        job_id=11,
        run_type="JOB_RUN",
        creator="admin@local.test",
        token=None,
        settings=settings,
        parameters={"region": "ASIA"},
        overriding={},
        phase=Phase.RUNNING,
        start_time=0,
    )
    task = TaskRun(task_run_id=33, run_id=22, task_key="main", phase=Phase.PENDING, spec={})
    done = TaskRun(
        task_run_id=44,
        run_id=22,
        task_key="count",
        phase=Phase.SUCCEEDED,
        spec={},
        task_values={"rows": 42, "name": "x"},
    )
    return known_references(run, task, [done])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{job.id}}/{{ job.run_id }}", "11/22"),
        ("{{job.name}} {{task.name}} {{task.run_id}}", "report main 33"),
        ("{{job.parameters.region}}", "ASIA"),
        ("{{job.parameters.day}}", "1970-01-01"),
        ("{{tasks.count.values.rows}} {{tasks.count.values.name}}", "42 x"),
        ("{{tasks.count.result_state}}", "success"),
        ("{{run_id}} {{parent_run_id}} {{job_id}}", "33 22 11"),
        ("{{unknown.thing}} { {job.id} }", "{{unknown.thing}} { {job.id} }"),
    ],
)
def test_a_reference_is_replaced(known, text, expected):
    assert resolve(text, known) == expected


def test_references_are_found_at_any_depth(known):
    nested = {"list": ["{{job.id}}", 1], "map": {"key": "{{job.run_id}}"}}
    assert resolve(nested, known) == {"list": ["11", 1], "map": {"key": "22"}}
