"""A launch: the turn ends there, its run is real, and so is its end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from lakevisor_plugin import AgentStarted, TextDelta, ToolFinished

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/serving-endpoints/chat/completions"
LAUNCH = "Analyze all customer transactions for anomalies"
START = {
    "name": "start_databricks_job",
    "arguments": {"user_request": LAUNCH, "job": "transaction_anomalies", "more_to_do": True},
}


async def test_after_a_launch_no_model_is_asked(begin: Any, recorder: Any) -> None:
    await begin().launch()

    (launch,) = (at for at, path in enumerate(recorder.paths()) if path.endswith("/run-now"))
    assert CHAT in recorder.paths()[:launch]
    assert CHAT not in recorder.paths()[launch:]


async def test_the_turn_ends_at_a_launch_whatever_the_model_says(begin: Any, recorder: Any) -> None:
    recorder.script({"tool_calls": [START]}, {"content": "I would have gone on."})

    events = await begin().hear(LAUNCH)

    assert len(recorder.prompts()) == 1
    (launched,) = (at for at, each in enumerate(events) if isinstance(each, ToolFinished))
    assert not [each for each in events[launched:] if isinstance(each, AgentStarted | TextDelta)]


async def test_tools_behind_a_launch_in_the_same_message_do_not_run(
    begin: Any, recorder: Any
) -> None:
    again = {**START, "arguments": {**START["arguments"], "user_request": "once more"}}
    recorder.script({"tool_calls": [START, again]})

    await begin().say(LAUNCH)

    assert len(recorder.launches()) == 1


async def test_the_run_is_named_in_the_text_and_in_the_outputs(begin: Any, workspace: Any) -> None:
    finished = await begin().say(LAUNCH)

    (operation,) = finished.custom_outputs["operations"]
    run = workspace.client().jobs.get_run(int(operation["run_id"]))
    assert (operation["kind"], operation["job"]) == ("job_run", "transaction_anomalies")
    assert operation["state"] in {"queued", "pending", "running"}
    assert operation["agent"] == "jobs"
    assert operation["url"] == run.run_page_url
    assert f"Run {operation['run_id']}." in finished.text
    assert operation["url"] in finished.text
    assert run.run_name == operation["title"] == "Transaction anomalies"


async def test_the_jobs_processes_are_there_and_after_the_cancel_they_are_gone(
    begin: Any, workspace: Any
) -> None:
    thread = begin()
    run = await thread.launch()
    task = workspace.client().jobs.get_run(int(run.run_id)).tasks[0]
    folder = workspace.data / "runs" / str(task.run_id)
    await until(lambda: processes_of(folder))
    running = processes_of(folder)

    assert f"Stop requested for run {run.run_id}." in (await thread.say("Cancel it")).text

    status = await said_in_the_end(thread, run.run_id, "was cancelled")
    assert not [each for each in running if each.is_running()]
    assert f"Run {run.run_id} was cancelled" in status


async def test_a_second_cancel_says_that_there_is_nothing_to_stop(begin: Any) -> None:
    thread = begin()
    run = await thread.launch()
    await thread.say("Cancel it")
    await said_in_the_end(thread, run.run_id, "was cancelled")

    finished = await thread.say(f"Cancel job {run.run_id}")

    assert "Stop requested" not in finished.text
    assert run.run_id in finished.text


def processes_of(folder: Path) -> list[psutil.Process]:
    """Return the processes that work in the folder of a task's run."""
    found = psutil.process_iter(["cmdline", "cwd"])
    return [each for each in found if str(folder) in f"{each.info['cmdline']} {each.info['cwd']}"]


async def until(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def said_in_the_end(thread: Any, run_id: str, words: str) -> str:
    """Ask for the status until it says this, and return the answer."""
    deadline = time.monotonic() + 20
    while words not in (text := (await thread.say(f"What is the status of run {run_id}?")).text):
        assert time.monotonic() < deadline, text
        await asyncio.sleep(0.1)
    return text
