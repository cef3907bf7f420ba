"""A turn as a stream: pieces as they come, each once, in an order that can be relied on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio

from lakevisor.supervisor import Request
from lakevisor_plugin import (
    AgentStarted,
    Answered,
    Event,
    Progress,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

REVENUE = "What was our total revenue last quarter?"
ASK_GENIE = {
    "name": "query_genie",
    "arguments": {"query": REVENUE, "space": "sales", "more_to_do": True},
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def revenue(supervisor: Any, new_conversation: Any) -> Sequence[Event]:
    """Give the events of one question to Genie."""
    events: Sequence[Event] = await new_conversation(supervisor=supervisor).hear(REVENUE)
    return events


async def test_text_comes_in_pieces(begin: Any, recorder: Any) -> None:
    recorder.script({"content": "One two three four five."})

    events = await begin().hear("Hello")

    pieces = [each.text for each in events if isinstance(each, TextDelta)]
    assert len(pieces) >= 5
    assert "".join(pieces) == "One two three four five."
    assert events[-1].text.startswith("One two three four five.")


async def test_what_came_first_is_there_before_the_rest_is_asked_for(
    begin: Any, recorder: Any, supervisor: Any
) -> None:
    recorder.script(
        {"content": "I look it up.", "tool_calls": [ASK_GENIE]},
        {"content": "Done.", "delay": 0.5},
    )
    request = Request(text=REVENUE)

    times = [(time.monotonic(), each) async for each in supervisor.stream(request)]

    first = next(at for at, each in times if isinstance(each, TextDelta))
    answered = next(at for at, each in times if isinstance(each, Answered))
    assert first < answered < times[-1][0] - 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Hello",
        REVENUE,
        "Analyze all customer transactions for anomalies",
    ],
)
async def test_the_stream_shows_the_whole_answer_and_nothing_twice(begin: Any, text: str) -> None:
    events = await begin().hear(text)

    assert "\n\n".join(shown_in(events)) == events[-1].text


async def test_with_hand_offs_the_stream_shows_nothing_twice_either(
    begin: Any, routing_supervisor: Any
) -> None:
    events = await begin(supervisor=routing_supervisor).hear(REVENUE)

    assert "\n\n".join(shown_in(events)) == events[-1].text


async def test_the_events_come_in_order(revenue: Sequence[Event]) -> None:
    kinds = [type(each) for each in revenue if not isinstance(each, Progress)]
    assert kinds[0] is TurnStarted
    assert kinds[-1] is TurnFinished
    order = [AgentStarted, ToolStarted, ToolFinished, Answered]
    assert [kind for kind in kinds if kind in order][-4:] == order
    assert kinds.count(TurnStarted) == kinds.count(TurnFinished) == 1


async def test_progress_comes_while_the_tool_runs(revenue: Sequence[Event]) -> None:
    started = next(at for at, each in enumerate(revenue) if isinstance(each, ToolStarted))
    finished = next(at for at, each in enumerate(revenue) if isinstance(each, ToolFinished))
    told = [at for at, each in enumerate(revenue) if isinstance(each, Progress)]
    assert told
    assert all(started < at < finished for at in told)


async def test_each_event_names_its_turn_or_its_agent(revenue: Sequence[Event]) -> None:
    first, *between, last = revenue
    assert (first.thread_id, first.turn_id) == (last.thread_id, last.turn_id)
    calls = [each.call_id for each in between if isinstance(each, ToolStarted | ToolFinished)]
    assert calls == [calls[0]] * 2
    assert {each.agent for each in between} <= {"supervisor", "genie", "jobs"}


async def test_the_usage_of_all_calls_is_added_up(begin: Any, recorder: Any) -> None:
    poll = {"name": "poll_databricks_job", "arguments": {"run_id": "12345"}}
    recorder.script({"tool_calls": [poll]}, {"content": "Done."})

    finished = await begin().say("What is the status of run 12345?")

    usage = finished.usage
    assert finished.model_calls == 2
    assert usage["input_tokens"] > sum(len(str(each)) for each in recorder.prompts()) / 8
    assert usage["output_tokens"] > 0
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


def shown_in(events: Sequence[Event]) -> list[str]:
    """Return the parts of the answer as one who reads the stream sees them."""
    parts, spoken = [], ""
    for event in events:
        if isinstance(event, TextDelta):
            spoken += event.text
        elif isinstance(event, Answered):
            parts.append(spoken if event.streamed else event.text)
            spoken = ""
    return parts
