"""How often the model is asked, counted where its endpoint is."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAUNCH = "Analyze all customer transactions for anomalies"
GENIE_THEN_LAUNCH = "Ask Genie for last month's revenue, then start the anomaly job"
REQUESTS = [
    pytest.param([], "Hello", 1, id="small talk"),
    pytest.param([], "What was our total revenue last quarter?", 1, id="Genie question"),
    pytest.param([], LAUNCH, 1, id="launch"),
    pytest.param([LAUNCH], "What's the status?", 1, id="status"),
    pytest.param([LAUNCH], "Cancel it", 1, id="cancel"),
    pytest.param([], GENIE_THEN_LAUNCH, 2, id="Genie, then launch"),
]
ROUTED = [
    pytest.param([], "Hello", 1, id="small talk"),
    pytest.param([], "What was our total revenue last quarter?", 2, id="Genie question"),
    pytest.param([], LAUNCH, 2, id="launch"),
    pytest.param([LAUNCH], "What's the status?", 2, id="status"),
    pytest.param([LAUNCH], "Cancel it", 2, id="cancel"),
    pytest.param([], GENIE_THEN_LAUNCH, 3, id="Genie, then launch"),
]


@pytest.mark.parametrize(("before", "text", "most"), REQUESTS)
async def test_with_shortcuts_a_request_needs_at_most(
    before: list[str], text: str, most: int, begin: Any, recorder: Any
) -> None:
    await expect_calls(begin(), recorder, before, text, most=most)


@pytest.mark.parametrize(("before", "text", "most"), ROUTED)
async def test_without_shortcuts_a_request_needs_at_most(
    before: list[str], text: str, most: int, begin: Any, recorder: Any, routing_supervisor: Any
) -> None:
    thread = begin(supervisor=routing_supervisor)

    await expect_calls(thread, recorder, before, text, most=most)


async def expect_calls(
    thread: Any, recorder: Any, before: list[str], text: str, *, most: int
) -> None:
    for earlier in before:
        await thread.say(earlier)
    recorder.clear()

    finished = await thread.say(text)

    assert 1 <= len(recorder.prompts()) <= most
    assert finished.model_calls == len(recorder.prompts())


REVENUE = {
    "name": "query_genie",
    "arguments": {"query": "What was our total revenue last month?", "space": "sales"},
}
ANOMALIES = {
    "name": "start_databricks_job",
    "arguments": {"user_request": "start the anomaly job", "job": "transaction_anomalies"},
}


async def test_two_shortcuts_in_one_message_are_one_call(begin: Any, recorder: Any) -> None:
    recorder.script({"tool_calls": [REVENUE, ANOMALIES]})

    finished = await begin().say(GENIE_THEN_LAUNCH)

    assert len(recorder.prompts()) == 1
    assert finished.text.index("**Revenue ") < finished.text.index('Started "Transaction')
    assert len(recorder.launches()) == 1


async def test_two_hand_offs_in_one_message_are_three_calls(
    begin: Any, recorder: Any, routing_supervisor: Any
) -> None:
    steps = {"genie": "last month's revenue", "jobs": "start the anomaly job"}
    hand_offs = [
        {"name": f"transfer_to_{agent}", "arguments": {"task": task}}
        for agent, task in steps.items()
    ]
    recorder.script(
        {"tool_calls": hand_offs}, {"tool_calls": [REVENUE]}, {"tool_calls": [ANOMALIES]}
    )

    finished = await begin(supervisor=routing_supervisor).say(GENIE_THEN_LAUNCH)

    assert len(recorder.prompts()) == 3
    assert finished.text.index("**Revenue ") < finished.text.index('Started "Transaction')
