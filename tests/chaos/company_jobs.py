"""What the people of a company are called, and the jobs that they may start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from chaos.world import World

ADMINS = 4
"""How many there are who may start the secret job; the configuration names them."""
ROLES: Mapping[str, str] = {
    "admin": "admin-{}@local.test",
    "analyst": "analyst-{}@local.test",
    "principal": "11111111-2222-3333-4444-{:012d}",
}
"""Role to user name: two kinds of persons, and service principals."""
REPORT = """# Databricks notebook source
dbutils.notebook.exit("The report of " + dbutils.widgets.get("user_request"))
"""


def user_name(role: str, number: int) -> str:
    """Return what the proxy calls one of the people."""
    return ROLES[role].format(number)


async def new_jobs(world: World) -> Mapping[str, int]:
    """Make the jobs in the workspace, and return their ids by name."""
    file = Path(world.state["config_file"]).parent / "files" / "Shared" / "report.py"
    await asyncio.to_thread(file.write_text, REPORT, encoding="utf-8")
    same = {"op": "EQUAL_TO", "left": "1", "right": "1"}
    nothing = {"task_key": "t", "condition_task": same}
    report = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/report"}}
    broken = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/not-there"}}
    hog = {"task_key": "t", "notebook_task": {"notebook_path": "/Shared/hog"}}
    await asyncio.to_thread(
        file.with_name("hog.py").write_text,
        "# Databricks notebook source\nimport time\ntime.sleep(100000)\n",
        encoding="utf-8",
    )
    return {
        "quick": await _new_job(world, nothing),
        "asked": await _new_job(world, nothing),
        "secret": await _new_job(world, nothing),
        "report": await _new_job(world, report),
        "broken": await _new_job(world, broken),
        "waiting": await _new_job(world, hog, max_concurrent_runs=1),
    }


async def _new_job(world: World, task: Mapping[str, Any], **more: Any) -> int:
    settings = {
        "name": uuid4().hex,
        "tasks": [task],
        "parameters": [{"name": "user_request", "default": ""}],
        "max_concurrent_runs": 1000,
        "queue": {"enabled": True},
        **more,
    }
    job_id: int = (await world.call("POST", "/api/2.2/jobs/create", settings))["job_id"]
    return job_id


async def run_by_hand(world: World, job_id: int) -> str:
    """Start a run past the product, and return its id."""
    told = await world.call("POST", "/api/2.2/jobs/run-now", {"job_id": job_id})
    return str(told["run_id"])


def overrides(world: World, jobs: Mapping[str, int]) -> Sequence[str]:
    """Return what makes a configuration that knows the jobs and the admins."""
    # Tables of their own: what else has been started here is not theirs to list.
    given = [f"lakebase.schema_name=company_{uuid4().hex[:12]}", "serving.identity=proxy"]
    for name, job_id in jobs.items():
        fields = {"job_id": job_id, "title": f"The {name} job", "description": "Does it."}
        fields["request_parameter"] = "user_request"
        given += [f"agents.jobs.jobs.{name}.{key}={value}" for key, value in fields.items()]
    admins = ", ".join(user_name("admin", number) for number in range(ADMINS))
    given += [
        "agents.jobs.jobs.asked.confirm=always",
        f"agents.jobs.jobs.secret.allowed=[{admins}]",
        "turn.lease_seconds=60",
    ]
    return world.overrides(jobs["quick"], *given)
