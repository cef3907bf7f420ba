"""`lakevisor serve` as a process of its own, and unmodified clients that talk to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from openai import OpenAI

from lakevisor.config import load_configuration, packaged
from lakevisor.serving.logged_model import CONFIGURATION, INPUT_EXAMPLE, MODEL_FILE

CONFIGS = Path(__file__).parents[4] / "configs"
SECONDS = 90
LISTENING = re.compile(r"Listening on (http://\S+)")


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that was started."""

    process: subprocess.Popen[bytes]
    log: Path
    url: str

    def client(self, **headers: str) -> httpx.Client:
        """Return a plain client; the test closes it."""
        return httpx.Client(base_url=self.url, timeout=60, trust_env=False, headers=headers)

    def call(
        self, method: str, path: str, *, body: Any = None, user: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send one request, where a user is given as the proxy in front would."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None:
            named["x-forwarded-email"] = user
        with self.client(**named) as client:
            return client.request(method, path, json=body)

    def ask(self, text: str, *, user: str | None = None, **body: Any) -> Any:
        """Send a request and return the response."""
        answer = self.call("POST", "/responses", body={"input": text, **body}, user=user)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    def openai(self, path: str = "") -> OpenAI:
        """Return OpenAI's client."""
        return OpenAI(base_url=f"{self.url}{path}", api_key="none", max_retries=0)

    def wait_until(self, is_so: Callable[[httpx.Response], bool], path: str = "/ready") -> Any:
        """Wait until an answer is as it should be, and return it."""
        until = time.monotonic() + SECONDS
        with self.client() as client:
            while time.monotonic() < until and self.process.poll() is None:
                answer = client.get(path)
                if is_so(answer):
                    return answer
                time.sleep(0.1)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def stop(self) -> float:
        """Tell it to end, wait until it has, and return how long that took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)
        return time.monotonic() - began


def text_of(response: Any) -> str:
    """Return what a response says."""
    said = [each for each in response["output"] if each["type"] == "message"]
    return "\n".join(part["text"] for each in said for part in each["content"])


Start = Callable[..., Any]


@pytest.fixture(scope="session")
def start_server(tmp_path_factory: pytest.TempPathFactory) -> Start:
    """Give a function that starts a server on a workspace for the time of a block."""

    @contextmanager
    def started(
        workspace: Any, *changes: str, arguments: Sequence[str] = (), **environment: str
    ) -> Iterator[Server]:
        log = tmp_path_factory.mktemp("server") / "log"
        pointed = [f"workspace.config_file={workspace.config_file}", "workspace.start=[]"]
        given = [word for each in (*pointed, *changes) for word in ("--set", each)]
        command = [Path(sys.executable).with_name("lakevisor"), "serve", "--port", "0"]
        environment = {**os.environ, "LAKEVISOR_CONFIGS": str(CONFIGS), **environment}
        with log.open("wb") as file:
            process = subprocess.Popen(
                [*command, *arguments, *given], env=environment, stdout=file, stderr=file
            )
        try:
            yield Server(process=process, log=log, url=_url(process, log))
        finally:
            process.terminate()
            process.wait(timeout=30)

    return started


def _url(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return where it listens, once it does."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = LISTENING.search(log.read_text(encoding="utf-8"))
        if found:
            with httpx.Client(trust_env=False) as client:
                try:
                    client.get(f"{found[1]}/health")
                except httpx.TransportError:
                    pass
                else:
                    return found[1]
        time.sleep(0.05)
    return ""


@pytest.fixture(scope="session")
def server(workspace: Any, start_server: Start) -> Iterator[Server]:
    """Give a server for one person, ready; it asks before it starts the sales report."""
    with start_server(workspace, "agents.jobs.jobs.sales_report.confirm=always") as started:
        started.wait_until(lambda answer: answer.is_success)
        yield started


@pytest.fixture(scope="session")
def shared_server(workspace: Any, start_server: Start) -> Iterator[Server]:
    """Give a server behind a proxy, of two processes, ready."""
    two = ("--workers", "2")
    with start_server(workspace, "serving.identity=proxy", arguments=two) as started:
        # Whichever process answers says of itself alone whether it is ready.
        started.wait_until(lambda _: started.log.read_text(encoding="utf-8").count("Ready.") == 2)
        yield started


@pytest.fixture
def stop_runs(workspace: Any) -> Iterator[Callable[[Any], str]]:
    """Give a function that returns what a response has launched, and stops it in the end."""
    run_ids: list[str] = []

    def launched(response: Any) -> str:
        [operation] = response["custom_outputs"]["operations"]
        run_ids.append(operation["run_id"])
        return run_ids[-1]

    yield launched
    for run_id in run_ids:
        workspace.client().jobs.cancel_run(int(run_id))


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A model that was logged in MLflow, and loaded from there."""

    folder: str
    """Where MLflow has put it."""
    model: Any
    asked_while_logging: Sequence[Any]
    """What the workspace was asked meanwhile."""

    def ask(self, text: str, **body: Any) -> Any:
        """Send a request and return the response."""
        return self.model.predict({"input": [{"role": "user", "content": text}], **body})


@pytest.fixture(scope="session")
def logged(workspace: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Logged]:
    """Give the supervisor as MLflow logs and loads it, from a store of its own."""
    with warnings.catch_warnings():
        # MLflow and what it imports warn of themselves.
        warnings.simplefilter("ignore")
        import mlflow

        folder = tmp_path_factory.mktemp("mlflow")
        pointed = [f"workspace.config_file={workspace.config_file}", "workspace.start=[]"]
        configuration = load_configuration(folder=CONFIGS, overrides=pointed, environment={})
        (folder / "local.yaml").write_text(packaged(configuration), encoding="utf-8")
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        mlflow.set_experiment(
            experiment_id=mlflow.create_experiment("models", f"{folder}/artifacts")
        )
        workspace.control("DELETE", "requests")
        info = mlflow.pyfunc.log_model(
            name="lakevisor",
            python_model=str(MODEL_FILE),
            artifacts={CONFIGURATION: str(folder / "local.yaml")},
            input_example=dict(INPUT_EXAMPLE),
            pip_requirements=["mlflow"],
        )
        asked = workspace.requests()
        model = mlflow.pyfunc.load_model(info.model_uri)
    yield Logged(folder=info.artifact_path, model=model, asked_while_logging=asked)
    model.get_raw_model().close()
