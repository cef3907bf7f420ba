"""The supervisor as a model that MLflow logs and loads."""

from __future__ import annotations

from typing import Any

import pytest

EXAMPLE = {"input": [], "custom_inputs": {"action": "describe"}}


def test_a_model_is_logged_without_asking_the_workspace_anything(logged: Any) -> None:
    assert logged.asked_while_logging == []


def test_a_model_says_what_it_can_do_without_a_workspace(logged: Any) -> None:
    answer = logged.model.predict(EXAMPLE)

    assert "**genie**: For questions" in answer["output"][0]["content"][0]["text"]
    agents = answer["custom_outputs"]["answers"][0]["data"]["agents"]
    actions = [each["name"] for agent in agents for each in agent["actions"]]
    assert {"poll_databricks_job", "explain_genie_answer"} <= set(actions)


def test_a_loaded_model_answers(logged: Any) -> None:
    answer = logged.ask("What was our total revenue last quarter?")

    assert answer["status"] == "completed"
    assert answer["custom_outputs"]["genie"]["sql"].startswith("SELECT")


def test_a_loaded_model_streams(logged: Any) -> None:
    question = "What was our total revenue last quarter?"
    events = [*logged.model.predict_stream({"input": [{"role": "user", "content": question}]})]

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
