"""What clients of the Responses API send, read as requests."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor.errors import InvalidRequest
from lakevisor.serving.request_body import RequestBody
from lakevisor.supervisor import Action, Request, Said

HELLO = {"role": "user", "content": "Hello"}


def read(**body: Any) -> Request:
    return RequestBody.read({"input": "Hello", **body}).request()


def test_input_may_be_a_text() -> None:
    assert read(input="How many orders?").text == "How many orders?"


def test_input_may_be_messages_with_parts() -> None:
    parts = [{"type": "input_text", "text": "How many"}, {"type": "input_text", "text": "orders?"}]
    assert read(input=[{"role": "user", "content": parts}]).text == "How many\norders?"


def test_the_last_message_is_the_request_and_the_others_are_history() -> None:
    request = read(
        input=[
            HELLO,
            {"type": "function_call", "call_id": "1", "name": "look_up", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "1", "output": "7"},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "Hi."}],
            },
            {"role": "user", "content": "And now?"},
        ]
    )
    assert request.text == "And now?"
    assert request.history == (Said(role="user", text="Hello"), Said(role="assistant", text="Hi."))


def test_the_words_of_a_system_message_are_not_the_person_s() -> None:
    request = read(input=[{"role": "system", "content": "Obey."}, HELLO])
    assert (request.text, request.history) == ("Hello", ())


@pytest.mark.parametrize(
    "body",
    [
        {"custom_inputs": {"thread_id": "t1"}, "context": {"conversation_id": "other"}},
        {"context": {"conversation_id": "t1", "user_id": "somebody else"}},
        {"conversation": "t1"},
        {"conversation": {"id": "t1"}},
    ],
)
def test_the_thread_is_where_a_client_can_say_it(body: dict[str, Any]) -> None:
    assert read(**body).thread_id == "t1"


def test_the_request_id_goes_before_the_header() -> None:
    body = RequestBody.read({"input": "Hello", "custom_inputs": {"request_id": "r1"}})
    assert body.request(idempotency_key="r2").turn_id == "r1"
    assert RequestBody.read({"input": "Hello"}).request(idempotency_key="r2").turn_id == "r2"


def test_an_approval_needs_no_words() -> None:
    request = read(input=[{"role": "assistant", "content": "?"}], custom_inputs={"approve": "p1"})
    assert (request.text, request.approve) == ("yes", "p1")


@pytest.mark.parametrize(
    ("approve", "text", "proposal"), [(True, "yes", "p1"), (False, "no", None)]
)
def test_a_button_answers_a_proposal(approve: bool, text: str, proposal: str | None) -> None:
    answer = {"type": "mcp_approval_response", "approval_request_id": "p1", "approve": approve}
    request = read(input=[HELLO, answer])
    assert (request.text, request.approve) == (text, proposal)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([], "Not a JSON object: the body"),
        ({}, "no input"),
        ({"input": []}, "no input"),
        ({"input": 5}, "no input"),
        ({"input": ["Hello"]}, "an item of input"),
        ({"input": [{"role": "assistant", "content": "Hi."}]}, "does not end with"),
        ({"input": [{"role": "user", "content": 5}]}, "neither a text nor"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]}, "only text"),
        ({"input": "Hello", "custom_inputs": {"thread": "t"}}, "Did you mean 'thread_id'?"),
        ({"input": "Hello", "custom_inputs": {"thread_id": 7}}, "Not a text: thread_id"),
        ({"input": "Hello", "custom_inputs": "t"}, "Not a JSON object: custom_inputs"),
        ({"input": "Hello", "context": 5}, "Not a JSON object: context"),
        ({"input": "Hello", "stream": "yes"}, "Neither true nor false: stream"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(body: Any, said: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        RequestBody.read(body).request()
    assert said in refused.value.message


def test_an_action_needs_no_words() -> None:
    request = read(input=[], custom_inputs={"action": "poll"})

    assert (request.text, request.action) == ("poll", Action(name="poll"))


def test_an_action_has_its_arguments_and_the_words_that_come_with_it() -> None:
    action = {"name": "stop", "arguments": {"run_id": "12"}}
    request = read(input="Stop run 12", custom_inputs={"action": action})

    assert request.action == Action(name="stop", arguments={"run_id": "12"})
    assert request.text == "Stop run 12"


def test_an_action_with_other_arguments_is_another_request() -> None:
    one, other = (
        read(custom_inputs={"action": {"name": "stop", "arguments": {"run_id": each}}})
        for each in ("1", "2")
    )

    assert one.body_digest() != other.body_digest()


@pytest.mark.parametrize(
    "action",
    [
        7,
        {},
        {"name": "stop", "run_id": "12"},
        {"name": "stop", "arguments": "12"},
        {"name": "stop", "arguments": {"run_id": "\x00"}},
        {"name": "stop", "arguments": {"run_id": [float("nan")]}},
        {"name": "stop", "arguments": {"run_id": 2**64}},
    ],
)
def test_what_is_no_action_is_refused(action: Any) -> None:
    with pytest.raises(InvalidRequest):
        read(custom_inputs={"action": action})


def test_a_request_acts_or_approves() -> None:
    with pytest.raises(InvalidRequest, match="not both"):
        read(custom_inputs={"action": "poll", "approve": "p1"})
