"""A local workspace for one benchmark, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config


@dataclass(frozen=True, kw_only=True)
class OwnWorkspace:
    """A workspace that runs."""

    data: Path
    """Its folder."""
    url: str
    """Its address."""
    token: str
    """The administrator's token."""

    def client(self) -> WorkspaceClient:
        """Return the SDK's client, as it is by default."""
        return WorkspaceClient(config=Config(host=self.url, token=self.token))

    def control(self, path: str, body: Any) -> None:
        """Use a call under `/local/`."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = httpx.post(f"{self.url}/local/{path}", json=body, headers=headers, timeout=60)
        answer.raise_for_status()


@contextmanager
def own_workspace(**environment: str) -> Iterator[OwnWorkspace]:
    """Start a workspace, and stop it in the end."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            state = json.loads(_command("up", folder, "--port", "0", "--json", **environment))
            admin = next(token for name, token in state["users"].items() if "admin" in name)
            yield OwnWorkspace(data=Path(folder), url=state["url"], token=admin)
        finally:
            _command("down", folder)


def _command(name: str, folder: str, *arguments: str, **environment: str) -> str:
    command = [sys.executable, "-m", "local_workspace.cli", name, "--data", folder, *arguments]
    given = {**os.environ, **environment}
    return subprocess.run(
        command, env=given, capture_output=True, text=True, timeout=120, check=True
    ).stdout
