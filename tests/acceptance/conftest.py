"""The product as a person has it: the real command against a running local workspace."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pexpect
import pytest

REPOSITORY = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class LocalWorkspace:
    """A running local workspace."""

    url: str
    data: Path
    admin_token: str

    def admin(self, path: str, *, body: Any = None, method: str = "POST") -> Any:
        """Use an admin call under `/local/` and return its answer."""
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        with httpx.Client(base_url=self.url, timeout=60, trust_env=False) as client:
            answer = client.request(method, f"/local/{path}", json=body, headers=headers)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()


@dataclass(frozen=True, kw_only=True)
class Lakevisor:
    """The command, in a folder whose configuration points at the local workspace."""

    root: Path

    def run(
        self, *arguments: str, questions: Sequence[str] = (), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command to its end, with questions piped in."""
        return subprocess.run(
            [BIN / "lakevisor", *arguments],
            input="".join(f"{question}\n" for question in questions),
            env=self.environment(**environment),
            cwd=self.root,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def ask(self, question: str, *options: str) -> Mapping[str, Any]:
        """Ask one question and return the JSON object."""
        done = self.run("ask", question, "--json", *options)
        assert done.returncode == 0, done.stderr
        answer: Mapping[str, Any] = json.loads(done.stdout)
        return answer

    def on_terminal(self, *arguments: str) -> pexpect.spawn[str]:
        """Start the command on a terminal of its own."""
        return pexpect.spawn(
            str(BIN / "lakevisor"),
            list(arguments),
            env=self.environment(TERM="xterm", NO_COLOR="1", PROMPT_TOOLKIT_NO_CPR="1"),
            cwd=self.root,
            encoding="utf-8",
            dimensions=(40, 120),
            timeout=SECONDS,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment in which nothing of the developer's own is found."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return {**kept, "HOME": str(self.root), "LANG": "C.UTF-8", **more}


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalWorkspace]:
    """Give all tests one running workspace, and stop it at the end."""
    data = tmp_path_factory.mktemp("workspace")
    command = [BIN / "local-workspace", "up", "--data", data, "--port", "0", "--json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        state = json.loads(done.stdout)
        yield LocalWorkspace(
            url=state["url"], data=data, admin_token=state["users"]["admin@local.test"]
        )
    finally:
        subprocess.run([BIN / "local-workspace", "down", "--data", data], capture_output=True)


@pytest.fixture(scope="session")
def lakevisor(workspace: LocalWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Lakevisor:
    """Give the command, with a copy of `configs/` that points at the running workspace."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(REPOSITORY / "configs", root / "configs")
    local = root / "configs" / "workspaces" / "local.yaml"
    written = local.read_text(encoding="utf-8")
    pointed = written.replace(
        ".local-workspace/databrickscfg", str(workspace.data / "databrickscfg")
    ).replace("[local-workspace, up]", f'[local-workspace, up, --data, "{workspace.data}"]')
    assert pointed.count(str(workspace.data)) == 2, "local.yaml no longer reads as expected"
    local.write_text(pointed, encoding="utf-8")
    return Lakevisor(root=root)


@pytest.fixture
def faults(workspace: LocalWorkspace) -> Iterator[Any]:
    """Give a function that adds a fault to the workspace; none outlives the test."""
    yield lambda **rule: workspace.admin("faults", body=rule)
    workspace.admin("faults", method="DELETE")
