"""Actions: what a button of a chat app does, without a model, over HTTP and in the model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import httpx
import pytest

CHAT = "/serving-endpoints/chat/completions"
CANCEL = "/api/2.2/jobs/runs/cancel"
LAUNCH = "Analyze all customer transactions for anomalies"
Ask = Callable[..., Any]


def action(name: str, thread_id: str | None = None, **arguments: Any) -> dict[str, Any]:
    inputs: dict[str, Any] = {"action": {"name": name, "arguments": arguments}}
    if thread_id is not None:
        inputs["thread_id"] = thread_id
    return {"input": [], "custom_inputs": inputs}


def said(answer: Any) -> str:
    return "\n".join(
        part["text"]
        for item in answer["output"]
        if item["type"] == "message"
        for part in item["content"]
    )


@pytest.fixture(params=["http", "model"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Give a function that sends a body through one of the doors and returns the response."""
    if request.param == "model":
        predict: Ask = request.getfixturevalue("logged").model.predict
        return predict
    server = request.getfixturevalue("server")

    def post(body: Any) -> Any:
        answer = server.call("POST", "/invocations", body=body)
        assert answer.status_code == httpx.codes.OK, answer.text
        return answer.json()

    return post


def message(text: str) -> Sequence[Any]:
    return [{"role": "user", "content": text}]


def test_the_status_of_a_run_is_told_without_a_model(
    ask: Ask, workspace: Any, stop_runs: Any
) -> None:
    launched = ask({"input": message(LAUNCH)})
    run_id, thread_id = stop_runs(launched), launched["custom_outputs"]["thread_id"]
    workspace.control("DELETE", "requests")

    answer = ask(action("poll_databricks_job", thread_id, run_id=run_id))

    assert f"Run {run_id}" in said(answer)
    assert [each["run_id"] for each in answer["custom_outputs"]["operations"]] == [run_id]
    assert answer["custom_outputs"]["model_calls"] == 0
    assert workspace.requests(CHAT) == []


def test_an_action_that_is_sent_twice_happens_once(
    ask: Ask, workspace: Any, stop_runs: Any
) -> None:
    launched = ask({"input": message(LAUNCH)})
    run_id, thread_id = stop_runs(launched), launched["custom_outputs"]["thread_id"]
    body = action("terminate_databricks_job", thread_id)
    body["custom_inputs"]["request_id"] = uuid4().hex
    workspace.control("DELETE", "requests")

    first, second = ask(body), ask(body)

    assert len(workspace.requests(CANCEL)) == 1
    assert said(first) == said(second)
    assert run_id in said(first)


def test_the_sql_of_an_answer_is_shown_without_a_model(ask: Ask, workspace: Any) -> None:
    asked = ask({"input": message("What was our total revenue last quarter?")})
    workspace.control("DELETE", "requests")

    answer = ask(action("explain_genie_answer", asked["custom_outputs"]["thread_id"]))

    assert "```sql" in said(answer)
    assert answer["custom_outputs"]["genie"]["sql"] == asked["custom_outputs"]["genie"]["sql"]
    assert workspace.requests(CHAT) == []


@pytest.mark.parametrize("background", [False, True])
def test_an_unknown_action_is_refused_with_the_known_ones(server: Any, background: bool) -> None:
    body = {**action("pol_databricks_job"), "background": background}
    answer = server.call("POST", "/responses", body=body)

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["error"]["code"] == "unknown_action"
    assert "Did you mean 'poll_databricks_job'?" in answer.json()["message"]
    assert "Known: describe, " in answer.json()["message"]


@pytest.mark.parametrize("arguments", [{"run": "1"}, {"run_id": {"a": 1}}])
def test_arguments_that_do_not_fit_are_refused(server: Any, arguments: Any) -> None:
    answer = server.call("POST", "/responses", body=action("poll_databricks_job", **arguments))

    assert answer.status_code == httpx.codes.BAD_REQUEST
    assert answer.json()["error"]["code"] == "invalid_request"


def test_nobody_acts_on_the_runs_of_others(shared_server: Any, stop_runs: Any) -> None:
    run_id = stop_runs(shared_server.ask(LAUNCH, user="ada@example.com"))

    body = action("terminate_databricks_job", run_id=run_id)
    answer = shared_server.call("POST", "/responses", body=body, user="bob@example.com").json()

    assert said(answer) == f"You have no run {run_id!r}."
    assert answer["custom_outputs"]["operations"] == []


def test_the_server_says_what_it_can_do(server: Any) -> None:
    body = {"custom_inputs": {"action": "describe"}}
    answer = server.call("POST", "/responses", body=body).json()
    streamed = server.call("POST", "/responses", body={**body, "stream": True})

    assert "**jobs**" in said(answer)
    assert streamed.text.endswith("data: [DONE]\n\n")
