"""A real local workspace, started by its own command in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest


@dataclass(frozen=True, kw_only=True)
class LocalWorkspace:
    """A running local workspace, as `local-workspace up --json` describes it."""

    url: str
    data: Path
    config_file: Path
    tokens: Mapping[str, str]
    """The personal access token of each user, by the part of the name before the @."""
    state: Mapping[str, Any]
    """The whole of `workspace.json`."""

    @property
    def admin_token(self) -> str:
        """Return the token of the workspace admin."""
        return self.tokens["admin"]

    def call(
        self, method: str, path: str, *, body: Any = None, user: str = "admin"
    ) -> httpx.Response:
        """Send one request as a user."""
        headers = {"Authorization": f"Bearer {self.tokens[user]}"}
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            return client.request(method, path, json=body, headers=headers)

    def admin(self, path: str, *, method: str = "POST", body: Any = None) -> Any:
        """Use an admin call under `/local/` and return its answer."""
        answer = self.call(method, f"/local/{path}", body=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def requests(self, path: str = "*") -> list[dict[str, Any]]:
        """Return what the recorder holds for a path glob."""
        query = httpx.QueryParams({"path": path})
        found: list[dict[str, Any]] = self.admin(f"requests?{query}", method="GET")["requests"]
        return found


def run_command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run `local-workspace` with these arguments in a process of its own."""
    command = [sys.executable, "-m", "local_workspace.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


def start_workspace(data: Path) -> LocalWorkspace:
    """Start the workspace of a folder on a free port."""
    done = run_command("up", "--data", str(data), "--port", "0", "--json")
    assert done.returncode == 0, done.stderr
    state = json.loads(done.stdout)
    return LocalWorkspace(
        url=state["url"],
        data=data,
        config_file=Path(state["config_file"]),
        tokens={user.partition("@")[0]: token for user, token in state["users"].items()},
        state=state,
    )


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    """Give all tests of a session one running workspace, and stop it at the end."""
    data = tmp_path_factory.mktemp("workspace")
    try:
        yield start_workspace(data)
    finally:
        run_command("down", "--data", str(data))


@pytest.fixture
def faults(workspace: LocalWorkspace) -> Iterator[Any]:
    """Give a function that adds a fault; none outlives the test."""

    def add(**rule: Any) -> int:
        number: int = workspace.admin("faults", body=rule)["id"]
        return number

    yield add
    workspace.admin("faults", method="DELETE")
