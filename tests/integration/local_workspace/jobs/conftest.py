"""The jobs area in a process of its own, so that it can be killed and started again."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service.jobs import NotebookTask, Run, RunLifecycleStateV2State, Task

SERVE = Path(__file__).parent / "serve_jobs.py"


class JobsServer:
    """A server of the jobs area and the means to use it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        """Start it on its port and wait until it answers."""
        command = [sys.executable, str(SERVE), str(self.data), str(self.port)]
        self._process = subprocess.Popen(command)
        with httpx.Client(trust_env=False) as client:
            while self._process.poll() is None:
                try:
                    client.get(f"{self.url}/ready")
                except httpx.ConnectError:
                    time.sleep(0.02)
                else:
                    return
        raise AssertionError(f"the server ended with {self._process.returncode}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End the server, and nothing else."""
        self._process.send_signal(number)
        self._process.wait(timeout=20)

    def client(self, name: str = "admin") -> WorkspaceClient:
        """Return the real SDK's client for a user."""
        config = Config(host=self.url, token=name, retry_timeout_seconds=5, http_timeout_seconds=20)
        return WorkspaceClient(config=config)

    def call(self, method: str, path: str, *, body: object = None) -> httpx.Response:
        """Send a request of one's own, as the admin."""
        headers = {"Authorization": "Bearer admin"}
        with httpx.Client(base_url=self.url, trust_env=False, headers=headers) as client:
            return client.request(method, path, json=body)

    def notebook(self, name: str, source: str) -> Task:
        """Keep a notebook under /Shared and return a task that runs it."""
        file = self.data / "files" / "Shared" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"# Databricks notebook source\n{source}", encoding="utf-8")
        return Task(task_key=name, notebook_task=NotebookTask(notebook_path=f"/Shared/{name}"))


Wait = Callable[..., Run]


@pytest.fixture(scope="session")
def jobs_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobsServer]:
    """Give one server to all tests that do not end it."""
    server = JobsServer(tmp_path_factory.mktemp("jobs"))
    yield server
    server.end()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[JobsServer]:
    """Give a server of one's own, to be ended and started."""
    server = JobsServer(tmp_path)
    yield server
    server.end()


@pytest.fixture(scope="session")
def w(jobs_server: JobsServer) -> WorkspaceClient:
    """Return the admin's client."""
    return jobs_server.client()


@pytest.fixture(scope="session")
def wait_until() -> Wait:
    """Return a function that polls a run faster than the SDK's waiters do."""

    def wait(
        client: WorkspaceClient,
        run_id: int,
        reached: Callable[[Run], bool] = lambda run: (
            run.status.state is RunLifecycleStateV2State.TERMINATED
        ),
    ) -> Run:
        deadline = time.monotonic() + 30
        while not reached(run := client.jobs.get_run(run_id)):
            assert time.monotonic() < deadline, run
            time.sleep(0.03)
        return run

    return wait
