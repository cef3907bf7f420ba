"""A response whose turn is resumed tells what is new, and ends with what the turn has kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from lakevisor.serving.recording import joined
from lakevisor.serving.response_stream import RESUMED, ResponseStream
from lakevisor_plugin import (
    Answered,
    Event,
    Progress,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)

LOOK_UP = {"agent": "genie", "tool": "look_up", "call_id": "call_1"}
STARTED = ToolStarted(**LOOK_UP, arguments={})
FINISHED = ToolFinished(**LOOK_UP, outcome="answer", content="7 rows")
SEVEN = Answered(agent="genie", text="There are 7.")
MORE = Answered(agent="supervisor", text="Anything else?")
APPROVAL = {"proposal": {"proposal_id": "p1", "tool": "start", "arguments": {}}}


def end(*texts: str, **data: Any) -> TurnFinished:
    return TurnFinished(
        thread_id="t",
        turn_id="r",
        agent="genie",
        text="\n\n".join(texts),
        custom_outputs={"answers": [{"agent": "jobs", "data": data}] if data else []},
        model_calls=1,
        usage={"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
    )


def told_by(*events: Event) -> list[dict[str, Any]]:
    """Return what an attempt tells before it dies."""
    stream = ResponseStream("resp_1", model="lakevisor", created_at=1.0)
    told = [*stream.queue(), *stream.start(attempt=1, thread_id="t")]
    return told + [each for event in events for each in stream.show(event)]


def resumed(told: Sequence[dict[str, Any]], *events: Event) -> list[dict[str, Any]]:
    """Return what the next attempt tells."""
    stream = ResponseStream.continued("resp_1", told, model="lakevisor")
    more = [*stream.start(attempt=2, thread_id="t")]
    return more + [each for event in events for each in stream.show(event)]


def output_of(told: Sequence[dict[str, Any]]) -> Sequence[tuple[str, str]]:
    """Return the items of the response that a stream ends with: their type, and text or call."""
    assert told[-1]["type"] == "response.completed"
    return [
        (each["type"], each["content"][0]["text"] if "content" in each else each.get("call_id", ""))
        for each in told[-1]["response"]["output"]
    ]


WHOLE = [
    ("function_call", "call_1"),
    ("function_call_output", "call_1"),
    ("message", SEVEN.text),
    ("message", MORE.text),
]


@pytest.mark.parametrize("died_after", range(5))
def test_whenever_it_died_all_is_told_once(died_after: int) -> None:
    events = [STARTED, FINISHED, SEVEN, MORE]
    first = told_by(*events[:died_after])
    kept = [each for each in events[:died_after] if isinstance(each, Answered)]
    second = resumed(first, *kept, *events[died_after:], end(SEVEN.text, MORE.text))
    numbers = [each["sequence_number"] for each in [*first, *second]]

    assert numbers == list(range(len(numbers)))
    assert [each["type"] for each in second if "attempt" in each] == [RESUMED]
    assert output_of(second) == WHOLE


def test_a_tool_that_runs_again_after_its_call_was_told_is_told_once() -> None:
    second = resumed(told_by(STARTED), STARTED, FINISHED, SEVEN, MORE, end(SEVEN.text, MORE.text))

    assert output_of(second) == WHOLE


def test_the_whole_answer_of_a_turn_that_had_ended_is_not_told_again() -> None:
    whole = Answered(agent="genie", text=f"{SEVEN.text}\n\n{MORE.text}")
    second = resumed(told_by(STARTED, FINISHED, SEVEN, MORE), whole, end(whole.text))

    assert output_of(second) == WHOLE


def test_of_the_whole_answer_only_what_was_not_told_is_told() -> None:
    whole = Answered(agent="genie", text=f"{SEVEN.text}\n\n{MORE.text}")
    second = resumed(told_by(STARTED, FINISHED, SEVEN), whole, end(whole.text))

    assert output_of(second) == WHOLE


def test_half_a_message_is_closed_and_stands_in_no_response() -> None:
    first = told_by(TextDelta(agent="genie", text="There"))
    second = resumed(first, TextDelta(agent="genie", text="There are 7."), SEVEN, end(SEVEN.text))
    closed = next(each for each in second if each["type"] == "response.output_item.done")

    assert (closed["item"]["status"], closed["item"]["content"][0]["text"]) == (
        "incomplete",
        "There",
    )
    assert output_of(second) == [("message", SEVEN.text)]


def test_what_the_turn_has_not_kept_is_replaced_by_what_it_says_now() -> None:
    other = Answered(agent="genie", text="There are 8.")
    second = resumed(told_by(SEVEN), other, end(other.text))

    assert output_of(second) == [("message", other.text)]


def test_a_message_that_only_begins_like_an_earlier_one_is_another() -> None:
    longer = Answered(agent="genie", text=f"{SEVEN.text} Or so.")
    second = resumed(told_by(SEVEN), longer, end(longer.text))

    assert output_of(second) == [("message", longer.text)]


def test_what_waits_for_a_yes_is_shown_once() -> None:
    finished = end(SEVEN.text, **APPROVAL)
    first = [each for each in told_by(SEVEN, finished) if each["type"] != "response.completed"]
    second = resumed(first, SEVEN, finished)

    assert [kind for kind, _ in output_of(second)] == ["message", "mcp_approval_request"]


def test_pieces_of_text_that_follow_each_other_are_one() -> None:
    said = [TextDelta(agent="genie", text=each) for each in ("a", "b", "c")]
    other = TextDelta(agent="jobs", text="d")
    progress = Progress(agent="genie", text="running")

    assert joined([*said, other, progress, said[0]]) == [
        TextDelta(agent="genie", text="abc"),
        other,
        progress,
        said[0],
    ]
