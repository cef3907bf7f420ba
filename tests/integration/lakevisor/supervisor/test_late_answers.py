"""A question to Genie that outlives its turn, and the server that asked it."""

import asyncio
import time
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "What is the total revenue by region?"
IMPATIENT = "agents.genie.timeout_seconds=1"


async def test_a_late_answer_is_told_once_after_a_restart_of_the_server(
    own_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    own_workspace.control("POST", "genie/rules", body={"delay": 4})
    async with open_on(own_workspace, IMPATIENT) as supervisor:
        thread = new_conversation(supervisor=supervisor)
        asked = await thread.say(QUESTION)

    async with open_on(own_workspace) as supervisor:
        thread = new_conversation(supervisor=supervisor, thread_id=thread.thread_id)
        told = await until_told(thread)
        after = await thread.say("Hello")

    (operation,) = asked.operations
    assert f"Question `{operation.run_id}`" in asked.text
    (notice,) = told.custom_outputs["notices"]
    assert notice["operation"]["run_id"] == operation.run_id
    assert "| region |" in told.text
    assert after.custom_outputs["notices"] == []


async def test_its_answer_can_be_asked_for(
    own_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    fetch = {"tool_calls": [{"name": "fetch_genie_answer", "arguments": {}}]}
    own_workspace.control("POST", "genie/rules", body={"delay": 2})
    async with open_on(own_workspace, IMPATIENT) as supervisor:
        thread = new_conversation(supervisor=supervisor)
        await thread.say(QUESTION)
        own_workspace.control("POST", "model/script", body={"replies": [fetch]})

        early = await thread.say("Is my answer there?")

    assert early.text.startswith("Genie has worked on it for ")
    assert early.model_calls == 1


async def test_a_follow_up_after_a_restart_goes_on_in_genies_conversation(
    own_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    async with open_on(own_workspace) as supervisor:
        thread = new_conversation(supervisor=supervisor)
        first = await thread.say(QUESTION)
    async with open_on(own_workspace) as supervisor:
        thread = new_conversation(supervisor=supervisor, thread_id=thread.thread_id)
        second = await thread.say("What is the total revenue by nation?")

    conversations = [each.custom_outputs["genie"]["conversation_id"] for each in (first, second)]
    assert conversations[0] == conversations[1]


async def until_told(thread: Any) -> Any:
    deadline = time.monotonic() + 30
    while True:
        finished = await thread.say("Hello")
        if finished.custom_outputs["notices"]:
            return finished
        assert time.monotonic() < deadline
        await asyncio.sleep(0.3)
