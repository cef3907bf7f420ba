"""The events of a turn in the words of the Responses API, read by clients that we did not write."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from lakevisor.serving.response_stream import PROGRESS, ResponseStream
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

OPENAI: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
STARTED = TurnStarted(thread_id="t", turn_id="r")
LOOK_UP = {"agent": "genie", "tool": "look_up", "call_id": "call_1"}
TOOL: Sequence[Event] = (
    ToolStarted(**LOOK_UP, arguments={"question": "how many?"}),
    Progress(agent="genie", text="running"),
    ToolFinished(**LOOK_UP, outcome="answer", content="1 row"),
    Answered(agent="genie", text="There are 7."),
)


def finished(**outputs: Any) -> TurnFinished:
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}
    return TurnFinished(
        thread_id="t",
        turn_id="r",
        agent="genie",
        text="There are 7.",
        custom_outputs={"thread_id": "t", **outputs},
        model_calls=1,
        usage=usage,
    )


def shown(*events: Event) -> list[dict[str, Any]]:
    stream = ResponseStream("resp_1", model="lakevisor", created_at=1.0)
    told = list(stream.begin())
    for event in events:
        told += stream.show(event)
    return told


def test_text_comes_as_the_model_speaks_it() -> None:
    said = [TextDelta(agent="supervisor", text=each) for each in ("Hel", "lo.")]
    told = shown(STARTED, *said, Answered(agent="supervisor", text="Hello.", streamed=True))
    deltas = [each["delta"] for each in told if each["type"] == "response.output_text.delta"]
    assert deltas == ["Hel", "lo."]


def test_an_answer_that_was_not_streamed_comes_whole_once() -> None:
    told = shown(STARTED, Answered(agent="genie", text="There are 7."), finished())
    texts = [each["text"] for each in told if each["type"] == "response.output_text.done"]
    assert texts == ["There are 7."]


def test_every_item_is_added_once_and_done_once_in_order() -> None:
    told = shown(STARTED, AgentStarted(agent="supervisor"), *TOOL, finished())
    added = [each for each in told if each["type"] == "response.output_item.added"]
    done = [each for each in told if each["type"] == "response.output_item.done"]
    assert [each["output_index"] for each in added] == [0, 1, 2]
    assert [each["item"]["id"] for each in added] == [each["item"]["id"] for each in done]
    assert [each["item"] for each in done] == told[-1]["response"]["output"]


def test_sequence_numbers_count_from_0_without_a_gap() -> None:
    told = shown(STARTED, *TOOL, finished())
    assert [each["sequence_number"] for each in told] == list(range(len(told)))


def test_each_item_names_its_agent() -> None:
    spoken = TextDelta(agent="supervisor", text="I will look.")
    *_, completed = shown(STARTED, spoken, *TOOL, finished())
    agents = [each["agent"] for each in completed["response"]["output"]]
    assert agents == ["supervisor", "genie", "genie", "genie"]


def test_a_text_that_broke_off_is_incomplete_and_said_anew() -> None:
    again = Answered(agent="supervisor", text="Hello.", streamed=True)
    *_, completed = shown(STARTED, TextDelta(agent="supervisor", text="Hel"), again, finished())
    broken, whole = completed["response"]["output"]
    assert (broken["status"], broken["content"][0]["text"]) == ("incomplete", "Hel")
    assert (whole["status"], whole["content"][0]["text"]) == ("completed", "Hello.")


def test_the_end_carries_what_programs_read() -> None:
    *_, completed = shown(STARTED, *TOOL, finished(agent="genie"))
    assert completed["type"] == "response.completed"
    assert completed["custom_outputs"] == {"thread_id": "t", "agent": "genie"}
    assert completed["response"]["usage"]["total_tokens"] == 5


def test_what_waits_for_a_yes_is_an_approval_request() -> None:
    proposal = {"proposal_id": "p1", "tool": "start", "arguments": {"job": "nightly"}}
    answers = [{"agent": "jobs", "text": "Shall I?", "data": {"proposal": proposal}}]
    *_, completed = shown(STARTED, finished(answers=answers))
    (request,) = completed["response"]["output"]
    assert (request["type"], request["id"]) == ("mcp_approval_request", "p1")
    assert request["arguments"] == '{"job": "nightly"}'


def test_a_failure_closes_what_was_open_and_says_why() -> None:
    stream = ResponseStream("resp_1", model="lakevisor", created_at=1.0)
    told = [*stream.begin(), *stream.show(TextDelta(agent="supervisor", text="Hel"))]
    told += stream.fail(code="model_error", message="The model failed.", correlation_id="7")
    kinds = [each["type"] for each in told[-3:]]
    assert kinds == ["response.output_item.done", "error", "response.failed"]
    assert told[-1]["response"]["error"]["code"] == "model_error"


@pytest.mark.parametrize(
    "event",
    [each for each in shown(STARTED, *TOOL, finished()) if each["type"] != PROGRESS],
    ids=lambda event: event["type"],
)
def test_every_event_is_one_of_openai_s(event: dict[str, Any]) -> None:
    read = OPENAI.validate_python(event)
    assert read.type == event["type"]


def test_the_whole_response_is_one_of_openai_s() -> None:
    *_, completed = shown(STARTED, Answered(agent="genie", text="There are 7."), finished())
    assert Response.model_validate(completed["response"]).output_text == "There are 7."
