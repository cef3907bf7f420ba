"""Clients that others wrote talk to the server as they are."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import pytest
from databricks.sdk import WorkspaceClient

REPORT = "Refresh the sales report"
REVENUE = "What was our total revenue last quarter?"


def test_the_openai_client_gets_an_answer_and_goes_on_in_its_thread(server: Any) -> None:
    with server.openai() as client:
        first = client.responses.create(model="lakevisor", input="Hello, my name is Ada.")
        thread_id = first.custom_outputs["thread_id"]
        again = {"custom_inputs": {"thread_id": thread_id}}
        second = client.responses.create(model="lakevisor", input="Hello.", extra_body=again)
        third = client.responses.create(
            model="lakevisor", input="Hello.", previous_response_id=first.id
        )

    assert first.status == "completed"
    assert first.output_text
    assert first.usage.total_tokens > 0
    assert {each.custom_outputs["thread_id"] for each in (second, third)} == {thread_id}


def test_the_openai_client_retrieves_an_earlier_response(server: Any) -> None:
    with server.openai() as client:
        first = client.responses.create(model="lakevisor", input=REVENUE)
        again = client.responses.retrieve(first.id)

    assert (again.id, again.status) == (first.id, "completed")
    assert again.output_text == first.output_text
    assert again.custom_outputs == first.custom_outputs


def test_a_conversation_of_the_openai_client_is_a_thread(server: Any) -> None:
    conversation = f"conv_{uuid4().hex}"
    with server.openai("/v1") as client:
        answer = client.responses.create(
            model="lakevisor", input="Hello.", conversation=conversation
        )

    assert answer.custom_outputs["thread_id"] == conversation


def test_the_openai_client_streams_events_in_order(server: Any) -> None:
    with server.openai() as client:
        events = [*client.responses.create(model="lakevisor", input=REVENUE, stream=True)]

    assert [each.sequence_number for each in events] == list(range(len(events)))
    assert (events[0].type, events[-1].type) == ("response.created", "response.completed")
    done = [each.item.type for each in events if each.type == "response.output_item.done"]
    assert done == ["function_call", "function_call_output", "message"]


def test_the_stream_helper_of_the_openai_client_ends_with_the_response(server: Any) -> None:
    with (
        server.openai() as client,
        client.responses.stream(model="lakevisor", input=REVENUE) as stream,
    ):
        deltas = [each.delta for each in stream if each.type == "response.output_text.delta"]
        final = stream.get_final_response()

    assert "".join(deltas) == final.output_text
    assert final.custom_outputs["genie"]


def test_mlflows_client_of_deployments_predicts_and_streams(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.deployments import get_deploy_client

    monkeypatch.setenv("DATABRICKS_HOST", server.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", "none")
    client = get_deploy_client("databricks")
    inputs = {"input": [{"role": "user", "content": REVENUE}]}
    whole = client.predict(endpoint="lakevisor", inputs=inputs)
    events = [*client.predict_stream(endpoint="lakevisor", inputs=inputs)]

    assert whole["custom_outputs"]["genie"]
    assert events[-1]["type"] == "response.completed"
    assert events[-1]["custom_outputs"]["genie"]


def test_the_openai_client_of_databricks_finds_the_server(server: Any) -> None:
    with warnings.catch_warnings():
        # unitycatalog, which it imports, still writes pydantic 1 classes.
        warnings.simplefilter("ignore")
        from databricks_openai import DatabricksOpenAI

    workspace = WorkspaceClient(host=server.url, token="none")
    with DatabricksOpenAI(workspace_client=workspace, max_retries=0) as client:
        answer = client.responses.create(
            model="lakevisor", input=[{"role": "user", "content": "Hello."}]
        )

    assert answer.output_text


async def test_the_openai_agents_sdk_runs_no_tool_of_ours_again(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
    from openai import AsyncOpenAI

    set_tracing_disabled(disabled=True)
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        model = OpenAIResponsesModel("lakevisor", openai_client=client)
        agent = Agent(name="desk", model=model)
        whole = await Runner.run(agent, REVENUE)
        streamed = Runner.run_streamed(agent, REVENUE)
        kinds = [event.type async for event in streamed.stream_events()]

    assert "$" in whole.final_output or any(letter.isdigit() for letter in whole.final_output)
    assert streamed.final_output.split()[:3] == whole.final_output.split()[:3]
    assert "raw_response_event" in kinds


def test_a_person_says_yes_with_the_button_of_a_chat_client(server: Any, stop_runs: Any) -> None:
    asked = server.ask(REPORT)
    [request] = _of_type(asked, "mcp_approval_request")
    allow = {"approval_request_id": request["id"], "approve": True}
    said = [
        {"role": "user", "content": REPORT},
        *asked["output"],
        {"type": "mcp_approval_response", **allow},
    ]
    thread = {"context": {"conversation_id": asked["custom_outputs"]["thread_id"]}}
    started = server.call("POST", "/invocations", body={"input": said, **thread}).json()

    assert asked["custom_outputs"]["operations"] == []
    assert stop_runs(started)


def _of_type(response: Any, kind: str) -> Sequence[Any]:
    return [each for each in response["output"] if each["type"] == kind]
