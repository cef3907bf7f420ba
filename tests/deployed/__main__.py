"""Deploys the model to a local workspace of its own and holds the README's conversation there.

The model is served from a fresh virtual environment, made from its requirements alone, with a
plugin of somebody else among its wheels. A second version cannot answer and is taken back; a
third one can, and the first one serves again after a rollback. Then the bundle runs as an app.
Takes minutes: 175 packages are installed, twice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks.own_workspace import OwnWorkspace, own_workspace
from deployed.as_app import ask_app, start_app
from unit.lakevisor.deploy.third_party import ThirdParty

REPOSITORY = Path(__file__).parents[2]
ENDPOINT = "lakevisor"
SCOPE = "lakevisor"
DEPLOYMENT_FAILED = 8
CONVERSATION = (
    ("What was our total revenue last quarter?", "Revenue"),
    ("Analyze all customer transactions for anomalies", 'Started "Transaction anomalies". Run'),
    ("What's the status?", "is running"),
    ("Cancel it", "Stop requested"),
    ("What's the status?", "cancel"),
)


@dataclass(frozen=True, kw_only=True)
class Deploying:
    """The command line on one workspace."""

    workspace: OwnWorkspace
    plugin: ThirdParty
    principal: str
    """The service principal that the served model acts as."""

    def command(self, *words: str) -> tuple[int, str]:
        """Run `lakevisor deploy ...` and return its exit code and what it said."""
        settings = {
            "workspace.config_file": str(self.workspace.data / "databrickscfg"),
            "workspace.start": "null",
            "deployment.secret_scope": SCOPE,
            "deployment.app.name": "lakevisor",
            "deployment.model.name": "main.default.lakevisor",
            "deployment.model.endpoint": ENDPOINT,
            "deployment.model.client_id": self.principal,
            "agents.weather": "{}",
        }
        options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        own = [str(self.plugin.site), str(self.plugin.source), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            [sys.executable, "-c", "from lakevisor.cli import main; main()", *options, *words],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, own))},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def ask(self, text: str, thread_id: str, **custom_inputs: str) -> str:
        """Ask the endpoint, and return the text of its answer."""
        answer = httpx.post(
            f"{self.workspace.url}/serving-endpoints/{ENDPOINT}/invocations",
            headers={"Authorization": f"Bearer {self.workspace.token}"},
            json={
                "input": [{"role": "user", "content": text}],
                "custom_inputs": {"thread_id": thread_id, **custom_inputs},
            },
            timeout=300,
        )
        answer.raise_for_status()
        messages = [each for each in answer.json()["output"] if each["type"] == "message"]
        return "\n".join(part["text"] for each in messages for part in each["content"])


def main() -> None:
    """Do all of it, a line each."""
    with tempfile.TemporaryDirectory() as folder, own_workspace() as workspace:
        plugin = ThirdParty(site=Path(folder, "site"), source=Path(folder, "their source"))
        plugin.write_editable()
        facts = json.loads((workspace.data / "workspace.json").read_text())["service_principal"]
        secrets = workspace.client().secrets
        secrets.create_scope(SCOPE)
        secrets.put_secret(SCOPE, "DATABRICKS_CLIENT_SECRET", string_value=facts["client_secret"])
        run(Deploying(workspace=workspace, plugin=plugin, principal=facts["client_id"]))


def run(deploying: Deploying) -> None:
    """Plan, deploy, talk, deploy what cannot answer, deploy again, go back."""
    _step(deploying, "plan", "deploy", "plan", said="nothing was touched")
    _step(deploying, "version 1", "deploy", "model", said="version 1 serves")
    described = deploying.ask("What can you do?", uuid4().hex, action="describe")
    _require("a plugin of somebody else", "weather" in described, described)
    thread_id = uuid4().hex
    for question, expected in CONVERSATION:
        answer = deploying.ask(question, thread_id)
        _require(question, expected in answer, answer)
    broken = ("--set", "model.endpoint=nowhere", "deploy", "model")
    said = "Version 1 serves again"
    _step(deploying, "version 2, broken", *broken, said=said, code=DEPLOYMENT_FAILED)
    answer = deploying.ask("Hello!", uuid4().hex)
    _require("version 1 answers", bool(answer), answer)
    _step(deploying, "version 3", "deploy", "model", said="version 3 serves")
    _step(deploying, "rollback", "deploy", "rollback", said="version 1 serves")
    run_as_app(deploying)


def run_as_app(deploying: Deploying) -> None:
    """Render the bundle, run it as an app, and ask it."""
    bundle = deploying.workspace.data / "bundle"
    render = ("deploy", "app", "--output", str(bundle))
    _step(deploying, "bundle", *render, said="databricks bundle deploy")
    url = start_app(deploying.workspace.client(), bundle)
    answer = ask_app(url, deploying.workspace.token, CONVERSATION[0][0])
    _require("the app answers", CONVERSATION[0][1] in answer, answer)


def _step(deploying: Deploying, name: str, *words: str, said: str, code: int = 0) -> None:
    began = time.monotonic()
    found, text = deploying.command(*words)
    seconds = time.monotonic() - began
    _require(
        f"{name}, exit code {found} after {seconds:.0f} s",
        (found, said in text) == (code, True),
        text,
    )


def _require(name: str, is_right: bool, text: str) -> None:
    print(f"{'ok  ' if is_right else 'FAIL'} {name}", flush=True)
    if not is_right:
        sys.exit(text)


if __name__ == "__main__":
    main()
