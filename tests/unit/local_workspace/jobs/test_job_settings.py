"""Checking and changing a job's settings."""

from __future__ import annotations

import pytest

from local_workspace.errors import InvalidParameter
from local_workspace.jobs.job_settings import changed, complete

TASK = {"task_key": "main", "notebook_task": {"notebook_path": "/Shared/x"}}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tasks": "main"}, "tasks must be a list"),
        ({"tasks": [{**TASK, "task_key": "a b"}]}, "must have 1 to 100 letters"),
        ({"tasks": [{"task_key": "main"}]}, "it has none"),
        ({"tasks": [{**TASK, "spark_python_task": {}}]}, "exactly one of"),
        ({"tasks": [{"task_key": "main", "notebook_task": {}}]}, "notebook_task.notebook_path"),
        ({"tasks": [{**TASK, "max_retries": "2"}]}, "max_retries must be a whole number"),
        ({"schedule": {"quartz_cron_expression": "0 0 * * * ?"}}, "does not support"),
        ({"parameters": [{"name": "region"}]}, "needs a name and a default"),
        ({"max_concurrent_runs": -1}, "between 0 and 2000"),
    ],
)
def test_settings_that_could_not_run_are_refused(settings, message):
    with pytest.raises(InvalidParameter, match=message):
        complete(settings)


def test_what_is_not_said_has_the_platforms_defaults():
    settings = complete({"tasks": [TASK]})
    assert (settings["name"], settings["max_concurrent_runs"]) == ("Untitled", 1)


def test_an_update_merges_tasks_by_key_and_replaces_the_rest():
    before = complete({"name": "before", "tasks": [TASK], "timeout_seconds": 7})
    moved = {"task_key": "main", "notebook_task": {"notebook_path": "/Shared/y"}}
    after = changed(before, {"name": "after", "tasks": [moved]}, ["timeout_seconds"])
    assert (after["name"], after["tasks"], after["timeout_seconds"]) == ("after", [moved], 0)
