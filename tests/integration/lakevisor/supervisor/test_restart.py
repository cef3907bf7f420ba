"""Servers that restart while a supervisor is open."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHORT_RUN = {
    "name": "start_databricks_job",
    "arguments": {
        "user_request": "Analyze all transactions",
        "job": "transaction_anomalies",
        "notebook_params": {"pace": "3"},
    },
}


async def test_a_restart_of_the_workspace_loses_neither_run_nor_thread_nor_supervisor(
    own_workspace: Any, open_on: Any, new_conversation: Any, run_command: Any
) -> None:
    async with open_on(own_workspace) as supervisor:
        thread = new_conversation(supervisor=supervisor)
        script = {"replies": [{"tool_calls": [SHORT_RUN]}]}
        own_workspace.control("POST", "model/script", body=script)
        run = await thread.launch()
        before = await thread.say("What's the status?")

        folder = str(own_workspace.data)
        done = await run_command("local-workspace", "restart", "--data", folder)
        assert done.returncode == 0, done.stderr

        after = await thread.say("What's the status?")
        ended = await status_in_the_end(thread)

    assert f"Run {run.run_id} is running" in before.text
    assert f"Run {run.run_id} " in after.text
    assert f"Run {run.run_id} succeeded" in ended
    assert "| " in ended, "its result is shown"


@pytest.mark.parametrize("action", ["restart", "kill-connections"])
async def test_no_turn_fails_when_lakebase_was_gone_between_turns(
    own_workspace: Any, open_on: Any, new_conversation: Any, action: str
) -> None:
    async with open_on(own_workspace) as supervisor:
        thread = new_conversation(supervisor=supervisor)
        await thread.say("Hello")

        own_workspace.control("POST", f"lakebase/{action}")

        answers = [await thread.say("Hello") for _ in range(4)]

    assert all(each.text.startswith("Hello.") for each in answers)


async def test_no_turn_fails_however_many_connections_were_lost(
    own_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    async with open_on(own_workspace, "lakebase.pool.min_size=3") as supervisor:
        thread = new_conversation(supervisor=supervisor)
        await thread.say("Hello")

        own_workspace.control("POST", "lakebase/kill-connections")

        assert (await thread.say("Hello")).text


async def test_turns_at_once_survive_the_loss_of_all_connections(
    own_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    async with open_on(own_workspace) as supervisor:
        threads = [new_conversation(supervisor=supervisor) for _ in range(6)]
        await asyncio.gather(*(each.say("Hello") for each in threads))

        own_workspace.control("POST", "lakebase/kill-connections")

        answers = await asyncio.gather(*(each.say("Hello") for each in threads))

    assert [each.thread_id for each in answers] == [each.thread_id for each in threads]


async def status_in_the_end(thread: Any) -> str:
    deadline = time.monotonic() + 60
    while " succeeded " not in (text := (await thread.say("What's the status?")).text):
        assert time.monotonic() < deadline, text
        await asyncio.sleep(0.3)
    return text
