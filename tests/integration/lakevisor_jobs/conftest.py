"""Jobs to start, and turns to start them in."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from databricks.sdk.service.jobs import (
    JobParameterDefinition,
    NotebookTask,
    QueueSettings,
    Task,
    TaskDependency,
)

from lakevisor_jobs.settings import JobsSettings
from lakevisor_jobs.tools import build_tools
from lakevisor_plugin import Turn
from lakevisor_testing.turns import InMemoryOperations, make_turn

MakeJob = Callable[..., int]


class Conversation:
    """One thread in which the tools are used, as the graph would use them."""

    def __init__(self, client: Any, settings: JobsSettings, *, thread_id: str) -> None:
        self.client = client
        self.settings = settings
        self.names: frozenset[str] = frozenset()
        self.operations = InMemoryOperations(thread_id=thread_id, agent="jobs")
        self._tools = {tool.name: tool for tool in build_tools(settings)}
        self._turns = 0

    def next_turn(self, *, is_accepted: bool = False) -> Turn:
        """Return the turn of another request in the thread."""
        self._turns += 1
        turn_id = f"turn-{self._turns}"
        operations = self.operations.in_turn(turn_id)
        turn = make_turn(
            thread_id="thread-1", turn_id=turn_id, workspace=self.client, operations=operations
        )
        return replace(turn, is_accepted=is_accepted, names=self.names)

    async def start(
        self, user_request: str = "Go!", *, turn: Turn | None = None, **more: Any
    ) -> Any:
        """Call `start_databricks_job`."""
        arguments = {"user_request": user_request, "turn": turn or self.next_turn(), **more}
        return await self._tools["start_databricks_job"].ainvoke(arguments)

    async def call(self, tool: str, *, turn: Turn | None = None, **arguments: Any) -> Any:
        """Call a tool by its name."""
        return await self._tools[tool].ainvoke({"turn": turn or self.next_turn(), **arguments})

    async def repair(self, **arguments: Any) -> Any:
        """Call `repair_databricks_job`."""
        return await self.call("repair_databricks_job", **arguments)

    async def runs(self) -> Any:
        """Call `list_databricks_runs`."""
        return await self.call("list_databricks_runs")

    async def poll(self, **arguments: Any) -> Any:
        """Call `poll_databricks_job`."""
        return await self._tools["poll_databricks_job"].ainvoke(
            {"turn": self.next_turn(), **arguments}
        )

    async def terminate(self, **arguments: Any) -> Any:
        """Call `terminate_databricks_job`."""
        return await self._tools["terminate_databricks_job"].ainvoke(
            {"turn": self.next_turn(), **arguments}
        )

    async def poll_until(self, *states: str, **arguments: Any) -> Any:
        """Ask until the run is in one of these states."""
        deadline = time.monotonic() + 15
        while (answer := await self.poll(**arguments)).data["state"] not in states:
            assert time.monotonic() < deadline, (answer.text, states)
            await asyncio.sleep(0.05)
        return answer


@pytest.fixture
def make_job(workspace: Any) -> MakeJob:
    """Give a function that makes a job of notebooks which run one after another."""

    def make(name: str, *sources: str, parameters: tuple[str, ...] = (), **more: Any) -> int:
        tasks = []
        for number, source in enumerate(sources):
            file = workspace.data / "files" / "Shared" / name / f"t{number}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"# Databricks notebook source\n{source}", encoding="utf-8")
            before = [TaskDependency(task_key=f"t{number - 1}")] if number else []
            notebook = NotebookTask(notebook_path=f"/Shared/{name}/t{number}")
            tasks.append(Task(task_key=f"t{number}", notebook_task=notebook, depends_on=before))
        declared = [JobParameterDefinition(name=each, default="") for each in parameters]
        queue = QueueSettings(enabled=True)
        jobs = workspace.client().jobs
        made = jobs.create(name=name, tasks=tasks, parameters=declared, queue=queue, **more)
        job_id: int = made.job_id
        return job_id

    return make


@pytest.fixture
def converse(workspace: Any) -> Callable[..., Conversation]:
    """Give a function that begins a thread in which one configured job can be started."""

    def begin(
        *,
        user: str = "analyst",
        thread_id: str | None = None,
        confirm_cancel: str = "never",
        **job: Any,
    ) -> Conversation:
        described = {"title": "Transaction anomalies", "description": "Finds odd ones.", **job}
        settings = JobsSettings.model_validate(
            {"jobs": {"anomalies": described}, "confirm_cancel": confirm_cancel}
        )
        client = workspace.client(user)
        # Tokens come from the thread's id: two tests with one id would share their runs.
        return Conversation(client, settings, thread_id=thread_id or str(uuid.uuid4()))

    return begin
