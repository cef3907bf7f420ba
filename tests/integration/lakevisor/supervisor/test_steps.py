"""Several steps in one request, hand-offs to a sub-agent's own model, and small talk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from lakevisor_plugin import AgentStarted, Event, ToolFinished, ToolStarted

pytestmark = pytest.mark.asyncio(loop_scope="session")

REVENUE = "What was our total revenue last quarter?"
ASK_GENIE = {
    "name": "query_genie",
    "arguments": {"query": REVENUE, "space": "sales", "more_to_do": True},
}


async def test_a_step_that_needs_the_one_before_reads_its_result(begin: Any, recorder: Any) -> None:
    start = {"name": "start_databricks_job", "arguments": {"user_request": "Look at 2026-Q3"}}
    start["arguments"]["job"] = "transaction_anomalies"
    recorder.script({"tool_calls": [ASK_GENIE]}, {"tool_calls": [start]})

    finished = await begin().say("Analyze the transactions of the quarter with our last revenue")

    result = recorder.prompts()[1]["messages"][-1]
    figure = re.search(r"\*\*Revenue ([\d,.]+)\*\*", finished.text)[1]
    assert result["role"] == "tool"
    assert figure in result["content"]
    assert "Started " in finished.text
    (launch,) = recorder.launches()
    assert launch["job_parameters"]["user_request"] == "Look at 2026-Q3"


async def test_what_the_supervisor_adds_stands_behind_the_answer(begin: Any, recorder: Any) -> None:
    recorder.script({"tool_calls": [ASK_GENIE]}, {"content": "That is more than before."})

    finished = await begin().say(REVENUE)

    assert finished.text.startswith("**Revenue ")
    assert finished.text.count("\n\nThat is more than before.") == 1
    assert finished.agent == "supervisor"


async def test_the_rule_model_asks_genie_and_then_starts_the_job(begin: Any) -> None:
    events = await begin().hear("Ask Genie for last month's revenue, then start the anomaly job")

    assert tools_in(events) == ["query_genie", "start_databricks_job"]
    assert [each.outcome for each in events if isinstance(each, ToolFinished)] == [
        "answer",
        "launched",
    ]


@pytest.mark.parametrize("text", ["Hello", "Thank you!", "Who are you?"])
async def test_small_talk_is_answered_without_any_agent_or_tool(begin: Any, text: str) -> None:
    events = await begin().hear(text)

    assert [each.agent for each in events if isinstance(each, AgentStarted)] == ["supervisor"]
    assert tools_in(events) == []
    assert events[-1].agent == "supervisor"


async def test_without_shortcuts_the_agents_own_model_chooses_the_tool(
    begin: Any, recorder: Any, routing_supervisor: Any
) -> None:
    events = await begin(supervisor=routing_supervisor).hear("Start the anomaly job")

    routing, choosing = recorder.prompts()
    assert names_in(routing) == ["transfer_to_genie", "transfer_to_jobs"]
    assert names_in(choosing)[:3] == [
        "start_databricks_job",
        "poll_databricks_job",
        "terminate_databricks_job",
    ]
    agents = [each.agent for each in events if isinstance(each, AgentStarted)]
    assert agents[:2] == ["supervisor", "jobs"]
    assert events[-1].agent == "jobs"


async def test_a_question_gets_the_same_answer_with_and_without_shortcuts(
    begin: Any, routing_supervisor: Any
) -> None:
    short = await begin().say(REVENUE)

    routed = await begin(supervisor=routing_supervisor).say(REVENUE)

    texts = [each.custom_outputs["answers"][0]["text"] for each in (short, routed)]
    assert texts[0] == texts[1]


async def test_no_model_retells_an_answer(begin: Any, recorder: Any) -> None:
    finished = await begin().say(REVENUE)

    assert len(recorder.prompts()) == 1
    assert finished.agent == "genie"
    (answer,) = finished.custom_outputs["answers"]
    assert answer["text"] in finished.text
    assert "sum(" in answer["data"]["sql"].lower()


def tools_in(events: Sequence[Event]) -> list[str]:
    return [each.tool for each in events if isinstance(each, ToolStarted)]


def names_in(prompt: Any) -> list[str]:
    return [each["function"]["name"] for each in prompt["tools"]]
