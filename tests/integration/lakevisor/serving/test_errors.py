"""What cannot be done is said with a status, a code and an id, and without anything internal."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

CHAT = "/serving-endpoints/chat/completions"
HELLO = {"input": "Hello."}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"input": []}, "invalid_request"),
        ({"input": "   "}, "empty_request"),
        ({"input": "Hel\x00lo"}, "invalid_request"),
        ({**HELLO, "conversation": "a\x00b"}, "invalid_request"),
        ({**HELLO, "custom_inputs": {"thread_id": "../x"}}, "invalid_thread_id"),
        ({**HELLO, "custom_inputs": {"thread": "x"}}, "invalid_request"),
        ({**HELLO, "previous_response_id": "resp_nothing"}, "invalid_request"),
        ([], "invalid_request"),
    ],
)
def test_what_is_no_request_is_a_400(server: Any, body: Any, code: str) -> None:
    answer = server.call("POST", "/responses", body=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["error"]["correlation_id"] == answer.headers["x-request-id"]


def test_half_of_a_pair_of_letters_is_a_400(server: Any) -> None:
    with server.client() as client:
        answer = client.post("/responses", content=b'{"input": "\\ud800"}')

    assert answer.status_code == httpx.codes.BAD_REQUEST


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "only_open=perhaps"])
def test_a_list_that_cannot_be_made_is_a_400(server: Any, query: str) -> None:
    answer = server.call("GET", f"/operations?{query}")

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert query.partition("=")[0] in answer.json()["message"]


def test_a_body_that_is_too_long_is_a_413(server: Any) -> None:
    answer = server.call("POST", "/responses", body={"input": "x" * 10_000_000})

    assert answer.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE
    assert answer.json()["error"]["code"] == "body_too_long"


def test_an_id_that_was_used_for_another_request_is_a_422(server: Any) -> None:
    same = {"custom_inputs": {"request_id": "r-422", "thread_id": "t-422"}}
    server.ask("Hello.", **same)

    answer = server.call("POST", "/responses", body={"input": "Goodbye.", **same})

    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert answer.json()["error"]["code"] == "turn_conflict"


def test_the_same_request_again_gets_the_same_answer(server: Any) -> None:
    key = {"idempotency_key": "key-of-the-client"}
    thread = {"conversation": "t-again"}
    first, second = (
        server.call("POST", "/responses", body={**HELLO, **thread}, **key).json() for _ in range(2)
    )

    assert first["id"] == second["id"]
    assert first["custom_outputs"] == second["custom_outputs"]


def test_a_path_that_is_none_is_a_404_in_the_same_form(server: Any) -> None:
    answer = server.call("GET", "/nowhere")

    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_the_id_that_a_proxy_gives_is_kept(server: Any) -> None:
    answer = server.call("GET", "/health", x_request_id="of-the-proxy")

    assert answer.headers["x-request-id"] == "of-the-proxy"


def test_a_model_that_fails_is_a_502_that_names_nothing(server: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=400, path=CHAT, times=None)

    answer = server.call("POST", "/responses", body=HELLO)

    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "model_error")
    assert "databricks-claude" not in answer.text


def test_a_model_that_fails_in_a_stream_ends_it_with_an_error(server: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=400, path=CHAT, times=None)

    answer = server.call("POST", "/responses", body={**HELLO, "stream": True})
    told = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    *events, end = told
    error, failed = (json.loads(each) for each in events[-2:])

    assert (error["type"], error["code"]) == ("error", "model_error")
    assert error["correlation_id"] == answer.headers["x-request-id"]
    assert (failed["type"], end) == ("response.failed", "[DONE]")


def test_the_description_of_the_api_names_each_path_that_answers(server: Any) -> None:
    paths = server.call("GET", "/openapi.json").json()["paths"]
    named = {path.replace("{name}", "lakevisor"): methods for path, methods in paths.items()}
    posts = [path for path in named if "post" in named[path] and not path.endswith("/cancel")]

    assert len(posts) == 6
    for path in posts:
        answer = server.call("POST", path, body={"input": ""})
        assert answer.json()["error"]["code"] == "empty_request", path
