"""Chat completions on the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

CHAT = "/serving-endpoints/chat/completions"
ENDPOINT = "databricks-claude-sonnet-4-5"
TOOL = {
    "type": "function",
    "function": {
        "name": "query_genie",
        "description": "Answer a question about data.",
        "parameters": {
            "type": "object",
            "properties": {"query": {"type": "string"}},
            "required": ["query"],
        },
    },
}


@pytest.fixture
def script(workspace: Any) -> Iterator[Any]:
    """Give a function that writes replies down; none outlives the test."""
    yield lambda *replies: workspace.control(
        "POST", "model/script", body={"replies": list(replies)}
    )
    workspace.control("DELETE", "model/script")


def ask(workspace: Any, *messages: Any, **more: Any) -> httpx.Response:
    said = [{"role": "user", "content": m} if isinstance(m, str) else m for m in messages]
    body = {"model": ENDPOINT, "messages": said, **more}
    return workspace.call("POST", CHAT, body=body)


def chunks(answer: httpx.Response) -> list[dict[str, Any]]:
    events = answer.text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    return [json.loads(event.removeprefix("data: ")) for event in events[:-1]]


def test_an_answer_has_the_platforms_form(workspace: Any) -> None:
    body = ask(workspace, "hello").json()
    assert list(body) == ["id", "created", "model", "object", "choices", "usage"]
    assert body["choices"] == [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello."},
            "finish_reason": "stop",
        }
    ]
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_tool_call_has_the_platforms_form(workspace: Any) -> None:
    [choice] = ask(workspace, "How many orders?", tools=[TOOL]).json()["choices"]
    assert choice["finish_reason"] == "tool_calls"
    [call] = choice["message"]["tool_calls"]
    assert call["id"].startswith("toolu_")
    assert call["function"] == {
        "name": "query_genie",
        "arguments": '{"query": "How many orders?"}',
    }


def test_text_is_streamed_word_by_word(workspace: Any, script: Any) -> None:
    script({"content": "You said: hi"})
    answer = ask(workspace, "hi", stream=True)
    assert answer.headers["content-type"].startswith("text/event-stream")
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks(answer)]
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"content": "You "},
        {"content": "said: "},
        {"content": "hi"},
        {"content": ""},
    ]
    assert chunks(answer)[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_tool_call_is_streamed_in_pieces(workspace: Any) -> None:
    answer = ask(workspace, "How many orders do we have?", tools=[TOOL], stream=True)
    calls = [
        delta["tool_calls"][0]
        for chunk in chunks(answer)
        if "tool_calls" in (delta := chunk["choices"][0]["delta"])
    ]
    assert calls[0]["function"] == {"name": "query_genie", "arguments": ""}
    assert {call["index"] for call in calls} == {0}
    arguments = "".join(call["function"]["arguments"] for call in calls)
    assert json.loads(arguments) == {"query": "How many orders do we have?"}
    assert len(calls) > 2


def test_an_endpoint_answers_under_its_own_path_too(workspace: Any) -> None:
    body = {"messages": [{"role": "user", "content": "hello"}]}
    answer = workspace.call("POST", f"/serving-endpoints/{ENDPOINT}/invocations", body=body)
    assert answer.json()["choices"][0]["message"]["content"] == "Hello."


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/serving-endpoints/no-such/invocations"),
        ("GET", "/api/2.0/serving-endpoints/no-such"),
    ],
)
def test_an_unknown_endpoint_does_not_exist(workspace: Any, method: str, path: str) -> None:
    answer = workspace.call(method, path, body={"messages": []} if method == "POST" else None)
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"


CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {"id": "toolu_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    ],
}
RESULT = {"role": "tool", "tool_call_id": "toolu_1", "content": "x"}


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ((), "at least one message is required"),
        (("",), "messages.0: text content blocks must be non-empty"),
        (("hi", CALL), "messages.1: `tool_use` ids were found without `tool_result` blocks"),
        (("hi", CALL, "go on"), "messages.1: `tool_use` ids were found without"),
        (("hi", CALL, "go on", RESULT), "messages.1: `tool_use` ids were found without"),
        (("hi", RESULT), "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1"),
        (({"role": "robot", "content": "x"},), "role must be one of"),
    ],
)
def test_a_history_that_claude_refuses_is_refused(
    workspace: Any, messages: Any, complaint: str
) -> None:
    answer = ask(workspace, *messages)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "BAD_REQUEST")
    assert complaint in answer.json()["message"]


def test_a_complete_history_is_taken(workspace: Any) -> None:
    assert ask(workspace, "hi", CALL, RESULT).status_code == 200


def test_two_tools_of_one_name_are_refused(workspace: Any) -> None:
    answer = ask(workspace, "hi", tools=[TOOL, TOOL])
    assert answer.json()["message"] == "tools: Tool names must be unique."


def test_a_script_goes_first_and_then_the_rules_go_on(workspace: Any, script: Any) -> None:
    cut = {"name": "query_genie", "arguments": '{"query": "hal'}
    script({"content": "one"}, {"tool_calls": [cut], "finish_reason": "length"})
    assert ask(workspace, "hello").json()["choices"][0]["message"]["content"] == "one"
    [choice] = ask(workspace, "hello").json()["choices"]
    assert choice["finish_reason"] == "length"
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == '{"query": "hal'
    assert ask(workspace, "hello").json()["choices"][0]["message"]["content"] == "Hello."


def test_a_scripted_stream_can_break_off(workspace: Any, script: Any) -> None:
    script({"content": "a long answer that breaks off", "cut_after_bytes": 900})
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        ask(workspace, "hello", stream=True)


def test_a_script_with_an_unknown_word_is_refused(workspace: Any) -> None:
    answer = workspace.call("POST", "/local/model/script", body={"replies": [{"text": "x"}]})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
