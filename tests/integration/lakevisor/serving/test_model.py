"""The supervisor as a model that MLflow logs and loads."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

CHAT = "/serving-endpoints/chat/completions"
REVENUE = "What was our total revenue last quarter?"
EXAMPLE = {"input": [], "custom_inputs": {"action": "describe"}}


def asking(*said: str, **body: Any) -> dict[str, Any]:
    """Return a body with what was said, by the person and the assistant in turn."""
    roles = ("user", "assistant")
    messages = [{"role": roles[at % 2], "content": text} for at, text in enumerate(said)]
    return {"input": messages, **body}


def test_a_model_is_logged_without_asking_the_workspace_anything(logged: Any) -> None:
    assert logged.asked_while_logging == []


def test_a_model_says_what_it_can_do_without_a_workspace(logged: Any) -> None:
    answer = logged.model.predict(EXAMPLE)

    assert "**genie**: For questions" in answer["output"][0]["content"][0]["text"]
    agents = answer["custom_outputs"]["answers"][0]["data"]["agents"]
    actions = [each["name"] for agent in agents for each in agent["actions"]]
    assert {"poll_databricks_job", "explain_genie_answer"} <= set(actions)


def test_a_loaded_model_answers(logged: Any) -> None:
    answer = logged.ask(REVENUE)

    assert answer["status"] == "completed"
    assert answer["custom_outputs"]["genie"]["sql"].startswith("SELECT")


def test_a_loaded_model_streams(logged: Any) -> None:
    events = [*logged.model.predict_stream(asking(REVENUE))]

    assert [each["sequence_number"] for each in events] == list(range(len(events)))
    done = [each["item"]["type"] for each in events if each["type"] == "response.output_item.done"]
    assert done == ["function_call", "function_call_output", "message"]
    assert events[-1]["type"] == "response.completed"


@pytest.mark.parametrize("named", ["custom_inputs", "context"])
def test_a_thread_is_gone_on_with_however_it_is_named(logged: Any, named: str) -> None:
    thread_id = logged.ask("Hello, my name is Ada.")["custom_outputs"]["thread_id"]
    key = {"custom_inputs": "thread_id", "context": "conversation_id"}[named]

    answer = logged.ask("Hello again.", **{named: {key: thread_id}})

    assert answer["custom_outputs"]["thread_id"] == thread_id


def test_a_whole_conversation_is_kept_once(logged: Any, workspace: Any) -> None:
    thread_id = uuid4().hex
    named = {"context": {"conversation_id": thread_id}}
    before = ("My name is Ada.", "Hello, Ada.")
    logged.model.predict(asking(*before, "Hello.", **named))
    workspace.control("DELETE", "requests")

    logged.model.predict(asking(*before, "Hello.", "Hello to you.", "Thanks.", **named))
    logged.model.predict(asking("And thanks again.", **named))

    *_, last = workspace.requests(CHAT)
    said = [each["content"] for each in last["body"]["messages"] if each["role"] == "user"]
    assert said == ["My name is Ada.", "Hello.", "Thanks.", "And thanks again."]


def test_turns_of_several_threads_run_beside_each_other(logged: Any, add_fault: Any) -> None:
    logged.ask("Hello.")
    add_fault(kind="delay", seconds=2, path=CHAT, times=None)

    began = time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        answers = [*threads.map(logged.ask, ["Hello."] * 4)]

    assert [each["status"] for each in answers] == ["completed"] * 4
    # One after another they would take 8 s.
    assert time.monotonic() - began < 5


def _once_it_is_answered(logged: Any, body: Any) -> Any:
    """Return the answer to a request that is being worked on."""
    from mlflow.exceptions import MlflowException

    until = time.monotonic() + 60
    while True:
        try:
            return logged.model.predict(body)
        except MlflowException as error:
            if "turn_running" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.2)


def test_a_stream_that_is_closed_early_leaves_its_turn_to_its_end(logged: Any) -> None:
    inputs = {"custom_inputs": {"thread_id": uuid4().hex, "request_id": uuid4().hex}}
    events = logged.model.predict_stream(asking(REVENUE, **inputs))
    next(events)
    events.close()

    answer = _once_it_is_answered(logged, asking(REVENUE, **inputs))

    # A stored answer has no tool calls: it was not worked on again.
    assert [each["type"] for each in answer["output"]] == ["message"]
    assert answer["custom_outputs"]["genie"]["row_count"] == 1


@pytest.mark.parametrize(
    ("inputs", "code"),
    [({"action": "describ"}, "unknown_action"), ({"thread": "1"}, "invalid_request")],
)
def test_what_is_wrong_is_raised_with_code_and_correlation_id(
    logged: Any, inputs: Any, code: str
) -> None:
    with pytest.raises(Exception, match=rf"\(code {code}, correlation id \w+\)") as raised:
        logged.ask("Hello.", custom_inputs=inputs)

    told = json.loads(raised.value.serialize_as_json())  # type: ignore[attr-defined]  # MLflow's
    assert told["error_code"] == "INVALID_PARAMETER_VALUE"
    assert told["error"]["code"] == code


def test_what_is_wrong_is_told_in_the_stream(logged: Any) -> None:
    body = asking("Hello.", custom_inputs={"action": "describ"})
    *_, error, failed = logged.model.predict_stream(body)

    assert (error["type"], error["code"]) == ("error", "unknown_action")
    assert error["correlation_id"]
    assert failed["type"] == "response.failed"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait_until_it_answers(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 120
    with httpx.Client(base_url=url, trust_env=False) as client:
        while process.poll() is None and time.monotonic() < until:
            try:
                if client.get("/ping").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
    raise AssertionError("it does not answer")


@pytest.fixture
def served(logged: Any, tmp_path: Path) -> Iterator[str]:
    """Give the address of `mlflow models serve` with the model."""
    with (tmp_path / "log").open("wb") as log:
        port = _free_port()
        command = [Path(sys.executable).with_name("mlflow"), "models", "serve"]
        options = ["--env-manager", "local", "--port", str(port), "-m", logged.folder]
        # MLflow starts uvicorn by its name.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        process = subprocess.Popen(
            [*command, *options], stdout=log, stderr=log, env={**os.environ, "PATH": path}
        )
        url = f"http://127.0.0.1:{port}"
        try:
            _wait_until_it_answers(url, process)
            yield url
        finally:
            process.terminate()
            process.wait(timeout=30)


def test_mlflow_models_serve_answers(served: str) -> None:
    with httpx.Client(base_url=served, timeout=120, trust_env=False) as client:
        answer = client.post("/invocations", json=asking(REVENUE))
        unknown = client.post("/invocations", json={**EXAMPLE, "custom_inputs": {"action": "x"}})

    assert answer.json()["custom_outputs"]["genie"]["row_count"] == 1
    assert unknown.status_code == httpx.codes.BAD_REQUEST
    assert unknown.json()["error"]["code"] == "unknown_action"
    assert "stack_trace" not in unknown.json()
