"""One local workspace for the tests of everything that talks to one, in a process of its own."""

from __future__ import annotations

import json
import os
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
class LocalWorkspace:
    """A local workspace that runs, and how to use it."""

    data: Path
    """Its folder."""
    state: Mapping[str, Any]
    """What `local-workspace up --json` says: the whole of `workspace.json`."""

    @property
    def url(self) -> str:
        """Return its address."""
        return str(self.state["url"])

    @property
    def config_file(self) -> Path:
        """Return where the profiles of its identities are."""
        return Path(self.state["config_file"])

    @property
    def tokens(self) -> Mapping[str, str]:
        """Return the personal access token of each user, by the part of the name before the @."""
        return {user.partition("@")[0]: token for user, token in self.state["users"].items()}

    def client(self, user: str = "admin", *, token: str | None = None) -> WorkspaceClient:
        """Return the real SDK's client for a user."""
        config = Config(
            host=self.url,
            token=token or self.tokens[user],
            retry_timeout_seconds=5,
            http_timeout_seconds=20,
        )
        return WorkspaceClient(config=config)

    def call(
        self, method: str, path: str, *, body: Any = None, user: str = "admin"
    ) -> httpx.Response:
        """Send one request of one's own as a user."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"}
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            return client.request(method, path, json=body, headers=headers)

    def control(self, method: str, path: str, *, body: Any = None) -> Any:
        """Use a call under `/local/`: faults, the recorder, the script."""
        answer = self.call(method, f"/local/{path}", body=body)
        assert answer.is_success, answer.text
        return answer.json()

    def requests(self, path: str = "*") -> list[dict[str, Any]]:
        """Return what was asked of a path (a glob) since the recorder was cleared."""
        query = httpx.QueryParams({"path": path})
        found: list[dict[str, Any]] = self.control("GET", f"requests?{query}")["requests"]
        return found


def _command(*arguments: str) -> str:
    command = [sys.executable, "-m", "local_workspace.cli", *arguments]
    # The tests need not wait for Genie as long as people do.
    environment = {**os.environ, "LOCAL_WORKSPACE_GENIE_SECONDS": "0.8"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    """Give all tests of a session one workspace."""
    data = tmp_path_factory.mktemp("workspace")
    try:
        state = json.loads(_command("up", "--data", str(data), "--port", "0", "--json"))
        yield LocalWorkspace(data=data, state=state)
    finally:
        _command("down", "--data", str(data))


@pytest.fixture
def add_fault(workspace: LocalWorkspace) -> Iterator[Callable[..., int]]:
    """Give a function that lets requests fail and returns the rule's id; none outlives the test."""

    def add(**rule: Any) -> int:
        number: int = workspace.control("POST", "faults", body=rule)["id"]
        return number

    yield add
    workspace.control("DELETE", "faults")
