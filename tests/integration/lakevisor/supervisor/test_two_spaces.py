"""A question whose answer needs two Genie spaces."""

import asyncio
import time
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOINED = "Sales has the revenue, Supply chain has the suppliers."
PARTS = [
    {"query": "What is the total revenue by region?", "space": "sales", "more_to_do": True},
    {"query": "How many suppliers are in each region?", "space": "supply_chain"},
]


LATE = "How many suppliers are in each region?"


async def test_both_are_asked_and_the_model_joins_what_they_say(begin: Any, recorder: Any) -> None:
    calls = [{"name": "query_genie", "arguments": each} for each in PARTS]
    recorder.script({"tool_calls": calls}, {"content": JOINED})

    finished = await begin().say("Revenue and suppliers by region?")

    answers = finished.custom_outputs["answers"]
    assert [each["data"].get("space") for each in answers[:2]] == ["sales", "supply_chain"]
    sources = [finished.text.index(f"*Source: {name}*") for name in ("Sales", "Supply chain")]
    assert sources == sorted(sources)
    assert finished.text.index(JOINED) > sources[-1]
    assert finished.model_calls == 2


SECOND = {"query": PARTS[0]["query"], "space": "sales"}
LATE_FIRST = [
    {"name": "query_genie", "arguments": each}
    for each in ({"query": LATE, "space": "supply_chain", "more_to_do": True}, SECOND)
]


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([LATE_FIRST, []], id="both in one message"),
        pytest.param([[each] for each in LATE_FIRST], id="one call at a time"),
    ],
)
async def test_the_second_is_asked_though_the_first_is_late_and_told_once(
    messages: Any, own_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    replies = [{"tool_calls": each} if each else {"content": JOINED} for each in messages]
    script = {"replies": replies}
    for rule in ({"contains": "suppliers", "delay": 8}, {"contains": "revenue", "statuses": []}):
        own_workspace.control("POST", "genie/rules", body=rule)
    own_workspace.control("POST", "model/script", body=script)
    async with open_on(own_workspace, "agents.genie.timeout_seconds=5") as supervisor:
        thread = new_conversation(supervisor=supervisor)
        asked = await thread.say("Suppliers and revenue by region?")
        told = await _until_told(thread)
        after = await thread.say("Hello")

    outcomes = [each["data"]["outcome"] for each in asked.custom_outputs["answers"]]
    assert outcomes == ["too_slow", "answered"]
    assert f'working on "{LATE}" (Supply chain)' in asked.text
    assert "*Source: Sales*" in asked.text
    assert asked.model_calls == 2
    (notice,) = told.custom_outputs["notices"]
    assert "*Source: Supply chain*" in notice["text"]
    assert after.custom_outputs["notices"] == []


async def _until_told(thread: Any) -> Any:
    deadline = time.monotonic() + 30
    while True:
        finished = await thread.say("Hello")
        if finished.custom_outputs["notices"]:
            return finished
        assert time.monotonic() < deadline
        await asyncio.sleep(0.3)
