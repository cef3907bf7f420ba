"""The local workspace of the trials: started with a model of our own, asked what really ran."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from psycopg import AsyncConnection

from chaos.model import serving

ADMIN = "admin@local.test"
INSTANCE, DATABASE = "local-lakebase", "databricks_postgres"
RUN_NOW = "/api/2.?/jobs/run-now"
GET_RUN = "/api/2.?/jobs/runs/get"
CHAT = "/serving-endpoints/chat/completions"
LEASE_SECONDS = 1.0
"""So that what a killed process held is soon free."""


@contextmanager
def local_workspace(folder: Path) -> Iterator[Mapping[str, Any]]:
    """Run a local workspace, and yield what its `up` says of it."""
    with serving() as model:
        try:
            yield json.loads(_command("up", folder, "--port", "0", "--json", model=model))
        finally:
            _command("down", folder, model=model)


def _command(action: str, folder: Path, *options: str, model: str) -> str:
    command = [sys.executable, "-m", "local_workspace.cli", action, "--data", str(folder)]
    environment = {**os.environ, "LOCAL_WORKSPACE_MODEL_URL": model}
    done = subprocess.run(
        [*command, *options], capture_output=True, text=True, timeout=120, env=environment
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@dataclass(frozen=True, kw_only=True)
class World:
    """A local workspace that runs."""

    state: Mapping[str, Any]
    """What its `up` says."""
    logs: Path
    """Where replicas write."""
    client: httpx.AsyncClient
    """Acts for its administrator."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, state: Mapping[str, Any], logs: Path) -> AsyncIterator[World]:
        """Open the connections to a workspace."""
        headers = {"Authorization": f"Bearer {state['users'][ADMIN]}"}
        options: Any = {"base_url": state["url"], "timeout": 60, "trust_env": False}
        async with httpx.AsyncClient(headers=headers, **options) as client:
            yield cls(state=state, logs=logs, client=client)

    def overrides(self, job_id: int, *more: str) -> Sequence[str]:
        """Return what makes the configuration `local` point here, at this job."""
        return [
            f"workspace.config_file={self.state['config_file']}",
            "workspace.start=[]",
            f"turn.lease_seconds={LEASE_SECONDS}",
            f"agents.jobs.jobs.transaction_anomalies.job_id={job_id}",
            *more,
        ]

    async def new_job(self) -> int:
        """Make a job whose runs take no process and no time."""
        task = {"op": "EQUAL_TO", "left": "1", "right": "1"}
        settings = {
            "name": "Chaos",
            "tasks": [{"task_key": "nothing", "condition_task": task}],
            "parameters": [{"name": "user_request", "default": ""}],
            "max_concurrent_runs": 1000,
        }
        told = await self.call("POST", "/api/2.2/jobs/create", settings)
        job_id: int = told["job_id"]
        return job_id

    async def new_waiting_job(self) -> int:
        """Make a job of which one run sleeps, and all others wait for it."""
        file = Path(self.state["config_file"]).parent / "files" / "Shared" / "sleep.py"
        source = "# Databricks notebook source\nimport time\ntime.sleep(100000)\n"
        await asyncio.to_thread(file.write_text, source, encoding="utf-8")
        settings = {
            "name": "Sleep",
            "tasks": [{"task_key": "t", "notebook_task": {"notebook_path": "/Shared/sleep"}}],
            "parameters": [{"name": "user_request", "default": ""}],
            "max_concurrent_runs": 1,
            "queue": {"enabled": True},
        }
        told = await self.call("POST", "/api/2.2/jobs/create", settings)
        job_id: int = told["job_id"]
        return job_id

    async def cancel(self, run_ids: Sequence[str]) -> None:
        """Ask for the end of runs."""
        for run_id in run_ids:
            await self.call("POST", "/api/2.2/jobs/runs/cancel", {"run_id": int(run_id)})

    async def runs(self, job_id: int, *, marker: str, since: float) -> Mapping[str, str]:
        """Return the runs whose request has the marker: their ids, and the requests.

        Args:
            job_id: the job.
            marker: a piece of text.
            since: a time before all of them, in seconds since 1970.
        """
        found: dict[str, str] = {}
        query = f"job_id={job_id}&limit=25&start_time_from={int(since * 1000) - 1000}"
        page = f"/api/2.2/jobs/runs/list?{query}"
        while True:
            told = await self.call("GET", page)
            requests = {str(each["run_id"]): _request_of(each) for each in told.get("runs", ())}
            found |= {run_id: text for run_id, text in requests.items() if marker in text}
            if not told.get("has_more"):
                return found
            page = f"/api/2.2/jobs/runs/list?{query}&page_token={told['next_page_token']}"

    async def model_requests(self, *, marker: str) -> Sequence[Mapping[str, Any]]:
        """Return what the model was asked with this piece of text, in order."""
        told = await self.call("GET", f"/local/requests?path={CHAT}&method=POST")
        bodies = [each["body"] for each in told["requests"]]
        return [each for each in bodies if marker in json.dumps(each)]

    async def add_fault(self, **rule: Any) -> int:
        """Let a request fail that fits the rule, and return the rule's id."""
        told = await self.call("POST", "/local/faults", rule)
        fault_id: int = told["id"]
        return fault_id

    async def take_back(self, fault_id: int) -> bool:
        """Take a rule back, and return whether it has been used up before."""
        told = await self.call("GET", "/local/faults")
        is_left = fault_id in [each["id"] for each in told["faults"]]
        await self.call("DELETE", f"/local/faults/{fault_id}")
        return not is_left

    async def restart_database(self) -> None:
        """Stop PostgreSQL and start it again."""
        await self.call("POST", "/local/lakebase/restart")

    @asynccontextmanager
    async def without_database(self) -> AsyncIterator[None]:
        """Stop PostgreSQL, and start it again at the end."""
        await self.call("POST", "/local/lakebase/stop")
        try:
            yield
        finally:
            await self.call("POST", "/local/lakebase/start")

    async def expire_passwords(self) -> None:
        """End the passwords for PostgreSQL before their time."""
        await self.call("POST", "/local/tokens/expire", {"user_name": ADMIN})

    async def kill_connections(self) -> None:
        """Break all connections to PostgreSQL."""
        await self.call("POST", "/local/lakebase/kill-connections")

    @asynccontextmanager
    async def session(self, database: str = DATABASE) -> AsyncIterator[AsyncConnection[Any]]:
        """Open a session of the administrator in PostgreSQL, outside of all transactions."""
        instance = await self.call("GET", f"/api/2.0/database/instances/{INSTANCE}")
        asked = {"instance_names": [INSTANCE], "request_id": uuid4().hex}
        credential = await self.call("POST", "/api/2.0/database/credentials", asked)
        connection = await AsyncConnection.connect(
            host=instance["read_write_dns"],
            user=ADMIN,
            password=credential["token"],
            dbname=database,
            sslmode="require",
            autocommit=True,
        )
        async with connection:
            yield connection

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the workspace as its administrator, and return the answer."""
        answer = await self.client.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()


def _request_of(run: Mapping[str, Any]) -> str:
    return " ".join(str(each["value"]) for each in run.get("job_parameters", ()))


def now() -> float:
    """Return the time in seconds since 1970, as the workspace counts it."""
    return time.time()
