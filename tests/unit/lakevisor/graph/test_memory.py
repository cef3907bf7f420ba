"""What a sub-agent's tools remember is kept with the thread."""

from dataclasses import replace

import pytest
from langchain_core.tools import tool

from lakevisor_plugin import Answer, CurrentTurn, GiveUp, Launched, Operation
from lakevisor_testing import Reply, ToolUse


@tool
async def remember(value: str, turn: CurrentTurn) -> Answer:
    """Remember a value and say what was there before."""
    before = turn.memory.get("value")
    turn.memory["value"] = value
    return Answer(text=f"Before: {before}.")


@tool
async def remember_and_fail(value: str, turn: CurrentTurn) -> str:
    """Remember a value and fail."""
    turn.memory["value"] = value
    raise GiveUp("No.")


@tool
async def remember_and_launch(value: str, turn: CurrentTurn) -> Launched:
    """Remember a value and end the turn."""
    turn.memory["value"] = value
    operation = Operation(kind="work", run_id="1", title="Work", state="running")
    return Launched(operation=operation, text="Started.")


@tool
async def remember_odd(turn: CurrentTurn) -> Answer:
    """Remember what a checkpoint cannot hold, and say whether it was there before."""
    known = turn.memory.get("odd") == ODD
    turn.memory["odd"] = ODD
    return Answer(text=f"Known: {known}.")


@tool
async def remember_too_much(turn: CurrentTurn) -> Answer:
    """Remember more than there is room for."""
    turn.memory["much"] = "x" * 20_000
    return Answer(text="Remembered.")


ODD = ["\x00 \ud800", 2**70]
TOOLS = [remember, remember_and_fail, remember_and_launch, remember_odd, remember_too_much]


@pytest.fixture
def talk(talk_with, new_agent):
    agents = [
        new_agent("data", TOOLS, [each.name for each in TOOLS]),
        new_agent("other", [replaced(remember, "remember_too")], ["remember_too"]),
    ]
    return talk_with(agents=agents)


def replaced(original, name):
    return original.model_copy(update={"name": name})


async def test_a_later_turn_reads_what_an_earlier_one_remembered(talk):
    await talk.say("One", ToolUse("remember", value="c1"))

    assert await talk.say("Two", ToolUse("remember", value="c2")) == "Before: c1."
    assert talk.state["memory"] == {"data": '{"value": "c2"}'}


async def test_a_later_call_of_a_message_reads_what_an_earlier_one_remembered(talk):
    both = Reply(tool_uses=[ToolUse("remember", value="c1"), ToolUse("remember", value="c2")])
    reply = await talk.say("Both", both)

    assert reply == "Before: None.\n\nBefore: c1."


async def test_agents_do_not_see_what_others_remember(talk):
    await talk.say("One", ToolUse("remember", value="c1"))

    assert await talk.say("Two", ToolUse("remember_too", value="c2")) == "Before: None."
    assert set(talk.state["memory"]) == {"data", "other"}


async def test_threads_do_not_see_what_others_remember(talk):
    await talk.say("One", ToolUse("remember", value="c1"))
    elsewhere = replace(talk, saver=type(talk.saver)(), turns=7)

    assert await elsewhere.say("Two", ToolUse("remember", value="c2")) == "Before: None."


async def test_what_a_call_remembered_before_it_failed_is_kept(talk):
    await talk.say("One", ToolUse("remember_and_fail", value="c1"), "It cannot be done.")

    assert await talk.say("Two", ToolUse("remember", value="c2")) == "Before: c1."


async def test_what_a_call_remembered_that_ended_the_turn_is_kept(talk):
    await talk.say("One", ToolUse("remember_and_launch", value="c1"))

    assert await talk.say("Two", ToolUse("remember", value="c2")) == "Before: c1."


async def test_what_a_checkpoint_cannot_hold_can_be_remembered(talk):
    await talk.say("One", ToolUse("remember_odd"))

    assert await talk.say("Two", ToolUse("remember_odd")) == "Known: True."


async def test_a_memory_that_is_full_is_a_failed_call_and_the_turn_goes_on(talk):
    reply = await talk.say("One", ToolUse("remember_too_much"), "It failed.")

    assert reply == "It failed."
    assert "memory" not in talk.state


async def test_a_turn_that_remembers_nothing_new_does_not_store_the_memory_again(talk):
    await talk.say("One", ToolUse("remember", value="c1"))
    before = talk.versions["memory"]
    await talk.say("Two", ToolUse("remember", value="c1"))

    assert talk.versions["memory"] == before
