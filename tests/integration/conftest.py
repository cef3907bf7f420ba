"""A local workspace for the tests of everything that talks to one, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config


@dataclass(frozen=True, kw_only=True)
class RunningWorkspace:
    """A local workspace that runs, and how to use it."""

    url: str
    data: Path
    tokens: Mapping[str, str]
    """The personal access token of each user, by the part of the name before the @."""

    def client(self, user: str = "admin", *, token: str | None = None) -> WorkspaceClient:
        """Return the real SDK's client for a user."""
        config = Config(
            host=self.url,
            token=token or self.tokens[user],
            retry_timeout_seconds=5,
            http_timeout_seconds=20,
        )
        return WorkspaceClient(config=config)

    def control(self, method: str, path: str, *, body: Any = None) -> Any:
        """Use a call under `/local/`: faults and the recorder."""
        headers = {"Authorization": f"Bearer {self.tokens['admin']}"}
        with httpx.Client(base_url=self.url, trust_env=False, headers=headers) as client:
            answer = client.request(method, f"/local/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def requests(self, path: str) -> list[dict[str, Any]]:
        """Return what was asked of a path (a glob) since the recorder was cleared."""
        query = httpx.QueryParams({"path": path})
        found: list[dict[str, Any]] = self.control("GET", f"requests?{query}")["requests"]
        return found


def _command(*arguments: str) -> str:
    command = [sys.executable, "-m", "local_workspace.cli", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def running_workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWorkspace]:
    """Give all tests of a session one workspace."""
    data = tmp_path_factory.mktemp("running-workspace")
    try:
        state = json.loads(_command("up", "--data", str(data), "--port", "0", "--json"))
        tokens = {user.partition("@")[0]: token for user, token in state["users"].items()}
        yield RunningWorkspace(url=state["url"], data=data, tokens=tokens)
    finally:
        _command("down", "--data", str(data))


@pytest.fixture
def add_fault(running_workspace: RunningWorkspace) -> Iterator[Callable[..., None]]:
    """Give a function that lets requests fail; the faults end with the test."""

    def add(**rule: Any) -> None:
        running_workspace.control("POST", "faults", body=rule)

    yield add
    running_workspace.control("DELETE", "faults")
