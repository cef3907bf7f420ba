"""Supervisors against running local workspaces, people who talk to them, and what is recorded."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import pytest_asyncio

from lakevisor.config import load_configuration
from lakevisor.supervisor import Request, open_supervisor, preload
from lakevisor_plugin import Event, Operation, TurnFinished

CONFIGS = Path(__file__).parents[4] / "configs"
BIN = Path(sys.executable).parent
CHAT = "/serving-endpoints/chat/completions"
RUN_NOW = "/api/2.2/jobs/run-now"
ANALYST = "analyst@local.test"
ROLE = f'GRANT CREATE ON DATABASE databricks_postgres TO "{ANALYST}"'
GRANTS = f"""
    GRANT USAGE, CREATE ON SCHEMA {{schema}} TO "{ANALYST}";
    GRANT ALL ON ALL TABLES IN SCHEMA {{schema}} TO "{ANALYST}";
    GRANT ALL ON ALL SEQUENCES IN SCHEMA {{schema}} TO "{ANALYST}";
"""
"""What a second identity needs to work with the tables of the first, in each schema of ours."""
SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'lakevisor%'"
OpenOn = Callable[..., AbstractAsyncContextManager[Any]]


@dataclass(frozen=True, kw_only=True)
class Recorder:
    """What was asked of a workspace since the test began, and what its model is to say."""

    workspace: Any

    def clear(self) -> None:
        """Forget all requests so far."""
        self.workspace.control("DELETE", "requests")

    def paths(self) -> list[str]:
        """Return what was asked of the workspace, in the order it came."""
        return [each["path"] for each in self.workspace.requests()]

    def prompts(self) -> list[Mapping[str, Any]]:
        """Return the bodies that were sent to the model."""
        return [each["body"] for each in self.workspace.requests(CHAT)]

    def launches(self) -> list[Mapping[str, Any]]:
        """Return the bodies that were sent to start a job."""
        return [each["body"] for each in self.workspace.requests(RUN_NOW)]

    def script(self, *replies: Mapping[str, Any]) -> None:
        """Let the model say this next, one reply a request."""
        self.workspace.control("POST", "model/script", body={"replies": list(replies)})


@dataclass(kw_only=True)
class Conversation:
    """One thread of one person.

    What ended is told in any thread of its owner, so an answer may have the end of another test's
    run behind it.
    """

    supervisor: Any
    thread_id: str = field(default_factory=lambda: uuid4().hex)
    run_ids: list[str] = field(default_factory=list)
    """The runs that were named so far, in order."""

    async def hear(self, text: str) -> Sequence[Event]:
        """Say something and return all events of the turn."""
        request = Request(text=text, thread_id=self.thread_id)
        events = [event async for event in self.supervisor.stream(request)]
        finished = events[-1]
        assert isinstance(finished, TurnFinished)
        self.run_ids += [each.run_id for each in finished.operations]
        return events

    async def say(self, text: str) -> TurnFinished:
        """Say something and return the answer."""
        finished = (await self.hear(text))[-1]
        assert isinstance(finished, TurnFinished)
        return finished

    async def launch(self) -> Operation:
        """Have the anomaly job started and return its run."""
        finished = await self.say("Analyze all customer transactions for anomalies")
        return launched_in(finished)


def launched_in(finished: TurnFinished) -> Operation:
    """Return the run that the answer says was started."""
    run_id = finished.text.split("Started ")[1].split("Run ")[1].split(".")[0]
    (operation,) = (each for each in finished.operations if each.run_id == run_id)
    return operation


def command(name: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in a process of its own."""
    return subprocess.run(
        [BIN / name, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def overrides(workspace: Any, *more: str, profile: str = "local") -> list[str]:
    """Return what makes the configuration `local` point at a workspace."""
    return [
        f"workspace.config_file={workspace.config_file}",
        f"workspace.profile={profile}",
        "workspace.start=[]",
        *more,
    ]


@pytest.fixture(scope="session")
def open_on() -> OpenOn:
    """Give a function that opens a supervisor on a workspace, with further overrides."""
    # databricks_langchain imports unitycatalog, which still writes pydantic 1 classes.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        preload()

    @asynccontextmanager
    async def opened(workspace: Any, *more: str, profile: str = "local") -> AsyncIterator[Any]:
        given = overrides(workspace, *more, profile=profile)
        configuration = load_configuration(folder=CONFIGS, overrides=given, environment={})
        async with open_supervisor(configuration, {}) as supervisor:
            yield supervisor
        del supervisor
        # The clients of the SDK and of the model keep connections that nobody can close; the
        # warning about them must not come in another test, whenever memory is cleared up.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()

    return opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def supervisor(workspace: Any, open_on: OpenOn) -> AsyncIterator[Any]:
    """Give the supervisor as it is configured."""
    async with open_on(workspace) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def routing_supervisor(workspace: Any, open_on: OpenOn) -> AsyncIterator[Any]:
    """Give a supervisor without shortcuts: every request goes through a sub-agent's own model."""
    async with open_on(workspace, "supervisor.shortcuts=false") as opened:
        yield opened


@pytest.fixture
def recorder(workspace: Any) -> Iterator[Recorder]:
    """Give the recorder of the workspace, empty; no script outlives the test."""
    recorder = Recorder(workspace=workspace)
    recorder.clear()
    yield recorder
    workspace.control("DELETE", "model/script")


@pytest.fixture(scope="session")
def new_conversation() -> Callable[..., Conversation]:
    """Give what begins a conversation whose runs the test itself ends."""
    return Conversation


@pytest.fixture
def begin(workspace: Any, supervisor: Any) -> Iterator[Callable[..., Conversation]]:
    """Give a function that begins a conversation, and stop its runs at the end."""
    begun: list[Conversation] = []

    def conversation(**given: Any) -> Conversation:
        begun.append(Conversation(**{"supervisor": supervisor, **given}))
        return begun[-1]

    yield conversation
    jobs = workspace.client().jobs
    for run_id in {each for conversation in begun for each in conversation.run_ids}:
        jobs.cancel_run(int(run_id))


@pytest.fixture(scope="session")
def run_command() -> Callable[..., Awaitable[subprocess.CompletedProcess[str]]]:
    """Give a function that runs a command of ours in a process of its own."""

    async def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(command, *arguments, **environment)

    return run


@pytest.fixture(scope="session")
def ask_in_a_process(run_command: Any) -> Callable[..., Awaitable[Any]]:
    """Give a function that asks one question with `lakevisor ask --json`."""

    async def ask(
        workspace: Any, *arguments: str, changes: Sequence[str] = (), **environment: str
    ) -> Any:
        given = [word for each in overrides(workspace, *changes) for word in ("--set", each)]
        environment["LAKEVISOR_CONFIGS"] = str(CONFIGS)
        return await run_command("lakevisor", "ask", *arguments, "--json", *given, **environment)

    return ask


@pytest.fixture(scope="session")
def read_audit(run_command: Any) -> Callable[..., Awaitable[Sequence[Any]]]:
    """Give a function that returns a workspace's audit as the command prints it."""

    async def read(workspace: Any) -> Sequence[Any]:
        given = [word for each in overrides(workspace) for word in ("--set", each)]
        patient = ("--set", "workspace.connect_timeout_seconds=30")
        command = ("lakevisor", "operations", "audit", "--json", *given, *patient)
        done = await run_command(*command, LAKEVISOR_CONFIGS=str(CONFIGS))
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return read


@pytest.fixture(scope="session")
def own_workspace(workspace: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Give a workspace in which these tests may restart servers and make roles."""
    data = tmp_path_factory.mktemp("own-workspace")
    try:
        done = command("local-workspace", "up", "--data", str(data), "--port", "0", "--json")
        assert done.returncode == 0, done.stderr
        yield type(workspace)(data=data, state=json.loads(done.stdout))
    finally:
        command("local-workspace", "down", "--data", str(data))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_workspace(own_workspace: Any, open_on: OpenOn) -> Any:
    """Give a workspace in which the analyst may use the tables that the admin has made."""
    async with open_on(own_workspace):
        pass
    database = own_workspace.client().database
    instance = database.get_database_instance("local-lakebase")
    password = database.generate_database_credential(instance_names=[instance.name]).token
    login = {"host": instance.read_write_dns, "user": "admin@local.test", "password": password}
    address = {**login, "dbname": "databricks_postgres", "sslmode": "require"}
    with psycopg.connect(**address, autocommit=True) as connection:
        connection.execute(ROLE)
        for (schema,) in connection.execute(SCHEMAS).fetchall():
            connection.execute(GRANTS.format(schema=schema))
    return own_workspace
