"""What becomes of runs when the workspace itself ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import psutil
import pytest
from starlette.types import ASGIApp

from local_workspace.app import build_app
from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.jobs import Jobs
from local_workspace.settings import Settings

OWNER = Caller(user_name="admin@local.test", user_id=1, display_name="admin")
TASK = {"task_key": "main", "notebook_task": {"notebook_path": "/Shared/sleep"}}


def known_caller(app: ASGIApp) -> ASGIApp:
    async def with_caller(scope, receive, send):
        scope.setdefault("state", {})["caller"] = OWNER
        await app(scope, receive, send)

    return with_caller


@pytest.fixture
def jobs(tmp_path: Path):
    """Give the jobs area of a workspace that has a notebook that sleeps."""
    notebook = tmp_path / "files" / "Shared" / "sleep.py"
    notebook.parent.mkdir(parents=True)
    notebook.write_text("import time\ntime.sleep(60)", encoding="utf-8")
    database = Database(tmp_path / "state" / "workspace.sqlite")
    yield Jobs(Settings(data=tmp_path), database)
    database.close()


def client(jobs: Jobs) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=known_caller(build_app([jobs], [])))
    return httpx.AsyncClient(transport=transport, base_url="http://local/api/2.2/jobs/")


async def started(api: httpx.AsyncClient, job_id: int) -> tuple[int, int]:
    """Start a run, wait until it has a process, and return the ids of the run and its task run."""
    run_id = (await api.post("run-now", json={"job_id": job_id})).json()["run_id"]
    while True:
        run = (await api.get("runs/get", params={"run_id": run_id})).json()
        if run["status"]["state"] == "RUNNING":
            return run_id, run["tasks"][0]["run_id"]
        await asyncio.sleep(0.02)


async def test_killing_runs_leaves_no_process(jobs, tmp_path):
    job_id = jobs.create({"name": "sleep", "tasks": [TASK]}, owner=OWNER)
    async with jobs.running(), client(jobs) as api:
        run_id, task_run_id = await started(api, job_id)
        pid = int((tmp_path / "runs" / str(task_run_id) / "pid").read_text())
        await jobs.stop(kill_runs=True)
        assert not psutil.pid_exists(pid)
        run = (await api.get("runs/get", params={"run_id": run_id})).json()
    assert run["state"]["result_state"] == "CANCELED"


async def test_stopping_lets_the_processes_go_on(jobs, tmp_path):
    job_id = jobs.create({"name": "sleep", "tasks": [TASK]}, owner=OWNER)
    async with jobs.running(), client(jobs) as api:
        _, task_run_id = await started(api, job_id)
        await jobs.stop(kill_runs=False)
    pid = int((tmp_path / "runs" / str(task_run_id) / "pid").read_text())
    assert psutil.pid_exists(pid)
    await jobs.stop(kill_runs=True)
    assert not psutil.pid_exists(pid)


def test_a_job_with_a_fixed_id_is_made_once(jobs):
    spec = {"name": "sleep", "tasks": [TASK]}
    assert [jobs.create(spec, owner=OWNER, job_id=5) for _ in range(2)] == [5, 5]
