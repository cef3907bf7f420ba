"""Requests in the background: answered at once, read from any place, cancelled, their owner's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

CHAT = "/serving-endpoints/chat/completions"
RUN_NOW = "/api/2.2/jobs/run-now"
LAUNCH = "Analyze all customer transactions for anomalies"
REVENUE = "What was our total revenue last quarter?"
IN_BACKGROUND = {"background": True}
SECONDS = 30


def _begin(server: Any, text: str = "Hello.", **body: Any) -> Any:
    return server.ask(text, **IN_BACKGROUND, **body)


def _wait(
    server: Any, response: Any, is_so: Callable[[Any], bool] = lambda now: bool(now["output"])
) -> Any:
    """Look at a response until it is as it should be, and return it."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        now = server.call("GET", f"/responses/{response['id']}").json()
        if is_so(now):
            return now
        time.sleep(0.1)
    raise AssertionError(now)


def _has_ended(now: Any) -> bool:
    return now["status"] not in ("queued", "in_progress")


def _events(lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the events of a stream up to its proper end."""
    for line in lines:
        if line == "data: [DONE]":
            return
        if line.startswith("data: "):
            yield json.loads(line.removeprefix("data: "))
    raise AssertionError("The stream broke off.")


def _read(server: Any, response_id: str, *, after: int | None = None) -> Sequence[Any]:
    query = "?stream=true" + ("" if after is None else f"&starting_after={after}")
    answer = server.call("GET", f"/responses/{response_id}{query}")
    assert answer.is_success, answer.text
    return [*_events(answer.iter_lines())]


def test_the_openai_client_polls_for_the_answer(server: Any) -> None:
    with server.openai() as client:
        response = client.responses.create(model="lakevisor", input=REVENUE, background=True)
        first = response.status
        until = time.monotonic() + SECONDS
        while response.status in ("queued", "in_progress") and time.monotonic() < until:
            time.sleep(0.1)
            response = client.responses.retrieve(response.id)

    assert first == "queued"
    assert (response.status, response.background) == ("completed", True)
    assert response.output_text
    assert response.custom_outputs["genie"]
    assert [each.type for each in response.output[:2]] == ["function_call", "function_call_output"]


def test_the_openai_client_goes_on_behind_the_event_at_which_it_left(server: Any) -> None:
    with server.openai() as client:
        stream = client.responses.create(
            model="lakevisor", input=REVENUE, background=True, stream=True
        )
        seen = [next(stream) for _ in range(5)]
        stream.close()
        cursor = seen[-1].sequence_number
        more = [*client.responses.retrieve(seen[0].response.id, stream=True, starting_after=cursor)]
    events = [*seen, *more]

    assert [each.sequence_number for each in events] == list(range(len(events)))
    assert [each.type for each in events[:3]] == [
        "response.created",
        "response.queued",
        "response.in_progress",
    ]
    assert (events[-1].type, events[-1].response.status) == ("response.completed", "completed")


def test_the_stream_helper_of_the_openai_client_reads_a_response_in_the_background(
    server: Any,
) -> None:
    with (
        server.openai() as client,
        client.responses.stream(model="lakevisor", input=REVENUE, background=True) as stream,
    ):
        deltas = [each.delta for each in stream if each.type == "response.output_text.delta"]
        final = stream.get_final_response()

    assert "".join(deltas) == final.output_text
    assert final.custom_outputs["genie"]


def test_a_stream_can_be_read_again_from_any_place_afterwards(server: Any) -> None:
    response = _begin(server)
    ended = _wait(server, response, _has_ended)
    events = _read(server, response["id"])

    assert {each["response_id"] for each in events} == {response["id"]}
    assert events[-1]["response"] | IN_BACKGROUND == ended
    for after in (0, 1, len(events) - 2, len(events) - 1, len(events) + 5):
        assert _read(server, response["id"], after=after) == events[after + 1 :]


def test_the_same_request_again_is_the_same_response(
    server: Any, workspace: Any, stop_runs: Any
) -> None:
    workspace.control("DELETE", "requests")
    ids = {"custom_inputs": {"request_id": uuid4().hex, "thread_id": uuid4().hex}}
    first, again = (_begin(server, LAUNCH, **ids) for _ in range(2))
    ended = _wait(server, first, _has_ended)
    waited_for = server.ask(LAUNCH, **ids)
    conflict = server.call("POST", "/responses", body={"input": "No.", **ids, **IN_BACKGROUND})

    assert again["id"] == first["id"] == waited_for["id"]
    assert stop_runs(ended) == stop_runs(waited_for)
    assert len(workspace.requests(RUN_NOW)) == 1
    assert conflict.status_code == httpx.codes.UNPROCESSABLE_ENTITY


def test_those_of_one_thread_are_answered_in_their_order(server: Any, add_fault: Any) -> None:
    thread = {"conversation": uuid4().hex}
    add_fault(kind="delay", path=CHAT, seconds=1)
    responses = [_begin(server, text, **thread) for text in ("Hello.", "And hello.", "Hi.")]
    for each in responses:
        assert _wait(server, each, _has_ended)["status"] == "completed"
    read = server.call("GET", f"/threads/{thread['conversation']}").json()["messages"]

    assert [each["text"] for each in read if each["role"] == "user"] == [
        "Hello.",
        "And hello.",
        "Hi.",
    ]


def test_what_is_cancelled_ends_and_leaves_a_thread_that_works(server: Any, add_fault: Any) -> None:
    thread = {"conversation": uuid4().hex}
    add_fault(kind="delay", path=CHAT, seconds=20)
    running = _begin(server, **thread)
    waiting = _begin(server, "And hello.", **thread)
    _wait(server, running, lambda now: now["status"] == "in_progress")
    began = time.monotonic()
    cancelled = [
        server.call("POST", f"/responses/{each['id']}/cancel").json()
        for each in (waiting, running, running)
    ]

    assert {each["status"] for each in cancelled} == {"cancelled"}
    assert time.monotonic() - began < 10
    assert cancelled[1]["custom_outputs"]["operations"] == []
    assert _read(server, running["id"])[-1]["type"] == "response.cancelled"
    assert server.ask("Hello again.", **thread)["status"] == "completed"


def test_what_is_cancelled_in_the_middle_of_a_launch_says_so(
    server: Any, workspace: Any, add_fault: Any
) -> None:
    add_fault(kind="hang", path=RUN_NOW, seconds=20)
    response = _begin(server, LAUNCH)
    # A rule that was used is gone.
    _wait(server, response, lambda _: not workspace.control("GET", "faults")["faults"])
    ended = server.call("POST", f"/responses/{response['id']}/cancel").json()
    [unresolved] = ended["custom_outputs"]["unresolved"]

    assert (ended["status"], ended["custom_outputs"]["operations"]) == ("cancelled", [])
    assert unresolved["title"] == "Transaction anomalies"


def test_what_has_ended_cannot_be_cancelled_any_more(server: Any) -> None:
    ended = _wait(server, _begin(server), _has_ended)
    answer = server.call("POST", f"/responses/{ended['id']}/cancel")

    assert (answer.status_code, answer.json()) == (200, ended)


def test_a_failure_is_told_with_its_code_and_id(server: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=400, path=CHAT, times=None)
    failed = _wait(server, _begin(server), _has_ended)
    error, last = _read(server, failed["id"])[-2:]

    assert (failed["status"], failed["error"]["code"]) == ("failed", "model_error")
    assert "databricks-claude" not in str(failed)
    assert (error["type"], last["type"]) == ("error", "response.failed")
    assert error["correlation_id"] == failed["error"]["correlation_id"]


@pytest.mark.parametrize(
    ("method", "query"), [("GET", ""), ("GET", "?stream=true"), ("POST", "/cancel")]
)
def test_a_response_of_somebody_else_is_one_that_never_was(
    shared_server: Any, method: str, query: str
) -> None:
    hers = shared_server.ask("Hello.", user="ann@example.com", **IN_BACKGROUND)
    thread_id = f"another-{uuid4().hex}"
    other = shared_server.ask("Hello.", user="ann@example.com", conversation=thread_id)
    answers = [
        shared_server.call(
            method, f"/responses/{each}{query}", user="bob@example.com", x_request_id="r"
        )
        for each in (hers["id"], other["id"], "resp_none")
    ]

    assert {each.status_code for each in answers} == {httpx.codes.NOT_FOUND}
    assert len({each.content for each in answers}) == 1


@pytest.mark.parametrize(
    ("method", "query"),
    [
        ("GET", "?starting_after=3"),
        ("GET", "?stream=true"),
        ("GET", "?stream=true&starting_after=x"),
        ("GET", "?stream=true&starting_after=-1"),
        ("POST", "/cancel"),
    ],
)
def test_what_a_response_cannot_do_is_a_400(server: Any, method: str, query: str) -> None:
    answer = server.call(method, f"/responses/{server.ask('Hello.')['id']}{query}")

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["error"]["code"] == "invalid_request"


def test_what_is_no_request_is_refused_at_once(server: Any) -> None:
    answer = server.call("POST", "/responses", body={"input": " ", **IN_BACKGROUND})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "empty_request")
