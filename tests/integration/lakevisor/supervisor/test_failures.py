"""What a person reads when something is wrong, and that the thread goes on afterwards."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from lakevisor.errors import (
    EmptyRequest,
    InvalidThreadId,
    LakebaseError,
    LakevisorError,
    ModelError,
    RequestTooLong,
)
from lakevisor.supervisor import Request

pytestmark = pytest.mark.asyncio(loop_scope="session")

CHAT = "/serving-endpoints/chat/completions"
LAUNCH = "Analyze all customer transactions for anomalies"
START = {
    "name": "start_databricks_job",
    "arguments": {"user_request": LAUNCH, "job": "transaction_anomalies"},
}


@pytest.mark.parametrize(
    ("text", "error"),
    [("", EmptyRequest), (" \n", EmptyRequest), ("x" * 1_000_000, RequestTooLong)],
)
async def test_a_text_that_is_no_request_is_refused_before_anything_is_asked(
    text: str, error: type[LakevisorError], supervisor: Any, recorder: Any
) -> None:
    with pytest.raises(error) as refused:
        await supervisor.ask(Request(text=text))

    assert refused.value.remedy
    assert len(refused.value.message) < 200
    assert recorder.paths() == []


@pytest.mark.parametrize("thread_id", ["", "a b", "../x", "x" * 129, "é"])
async def test_a_thread_id_that_cannot_be_one_is_refused(thread_id: str, supervisor: Any) -> None:
    with pytest.raises(InvalidThreadId):
        await supervisor.ask(Request(text="Hello", thread_id=thread_id))


async def test_a_run_id_that_is_no_number_is_said(begin: Any, recorder: Any) -> None:
    poll = {"name": "poll_databricks_job", "arguments": {"run_id": "the last one"}}
    recorder.script({"tool_calls": [poll]})

    await begin().say("What is the status of the last one?")

    said = recorder.prompts()[1]["messages"][-1]["content"]
    assert "A run id is a number, and 'the last one' is none" in said
    assert "/api/2.2/jobs/runs/get" not in recorder.paths()


async def test_a_run_id_that_never_was_is_said(begin: Any) -> None:
    finished = await begin().say("What is the status of run 12345?")

    assert "You have no run '12345'" in finished.text


@pytest.mark.parametrize(
    ("change", "text", "sentence"),
    [
        (
            "agents.genie.spaces.sales.space_id=01f1dead",
            "What was our revenue?",
            "the workspace does not have the space 'Sales'",
        ),
        (
            "agents.jobs.jobs.transaction_anomalies.job_id=4711",
            LAUNCH,
            "the workspace has no job 4711",
        ),
    ],
)
async def test_what_is_configured_wrongly_is_named(
    change: str, text: str, sentence: str, begin: Any, workspace: Any, open_on: Any
) -> None:
    async with open_on(workspace, change) as supervisor:
        finished = await begin(supervisor=supervisor).say(text)

    assert sentence in finished.text
    assert "Started " not in finished.text


async def test_a_missing_endpoint_is_said_with_its_key(workspace: Any, open_on: Any) -> None:
    async with open_on(workspace, "model.endpoint=no-such") as supervisor:
        with pytest.raises(ModelError, match="no such Model Serving endpoint") as failed:
            await supervisor.ask(Request(text="Hello"))

    assert "model.endpoint" in failed.value.remedy


async def test_an_endpoint_that_recovers_costs_no_turn(begin: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=429, path=CHAT, retry_after=1)
    add_fault(kind="status", status=500, path=CHAT)

    assert (await begin().say("Hello")).text.startswith("Hello.")


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ({"kind": "status", "status": 429}, "asked too often"),
        ({"kind": "status", "status": 500}, "endpoint failed"),
        ({"kind": "drop_before"}, "does not answer"),
    ],
)
async def test_an_endpoint_that_stays_broken_is_said_and_the_thread_goes_on(
    fault: dict[str, Any], sentence: str, begin: Any, add_fault: Any, workspace: Any
) -> None:
    thread = begin()
    add_fault(**fault, path=CHAT, times=None)
    with pytest.raises(ModelError, match=sentence):
        await thread.say("Hello")
    workspace.control("DELETE", "faults")

    assert (await thread.say("Hello")).text.startswith("Hello.")


async def test_a_stream_that_broke_off_and_then_a_cut_message_is_an_error_of_the_model(
    begin: Any, recorder: Any
) -> None:
    cut = {"tool_calls": [START], "finish_reason": "length"}
    recorder.script({"tool_calls": [START], "cut_after_bytes": 900}, cut)

    with pytest.raises(ModelError, match="incomplete, twice"):
        await begin().say(LAUNCH)

    assert recorder.launches() == []


async def test_after_a_stream_that_broke_off_the_model_is_asked_once_more(
    begin: Any, recorder: Any
) -> None:
    recorder.script({"content": "Hel", "cut_after_bytes": 700}, {"content": "Hello again."})

    finished = await begin().say("Hello")

    assert finished.text.startswith("Hello again.")
    assert [each.get("stream", False) for each in recorder.prompts()] == [True, False]


@pytest.mark.parametrize("cut_after_bytes", [300, 900, 1_400])
async def test_nothing_is_launched_by_a_stream_that_broke_off(
    cut_after_bytes: int, begin: Any, recorder: Any
) -> None:
    reply = {"tool_calls": [START], "cut_after_bytes": cut_after_bytes}
    recorder.script(reply, {"content": "I did not get that."})

    finished = await begin().say(LAUNCH)

    assert finished.text.startswith("I did not get that.")
    assert recorder.launches() == []


@pytest.mark.parametrize("cut_after_bytes", [1, 700, 1_200])
async def test_what_the_model_says_again_after_a_cut_stream_is_launched_once(
    cut_after_bytes: int, begin: Any, recorder: Any
) -> None:
    again = {**START, "arguments": {**START["arguments"], "user_request": "As I said"}}
    recorder.script(
        {"tool_calls": [START], "cut_after_bytes": cut_after_bytes}, {"tool_calls": [again]}
    )

    finished = await begin().say(LAUNCH)

    assert "Started " in finished.text
    (launch,) = recorder.launches()
    assert launch["job_parameters"]["user_request"] == "As I said"


async def test_arguments_that_were_cut_are_never_repaired(begin: Any, recorder: Any) -> None:
    cut = {**START, "arguments": '{"user_request": "Analyze", "job": "transaction_anom'}
    recorder.script(*[{"tool_calls": [cut], "finish_reason": "length"}] * 2)

    with pytest.raises(ModelError, match="incomplete, twice"):
        await begin().say(LAUNCH)

    assert recorder.launches() == []


async def test_a_token_that_is_revoked_between_turns_is_said(
    shared_workspace: Any, open_on: Any, new_conversation: Any
) -> None:
    whom = {"user_name": "analyst@local.test"}
    async with open_on(shared_workspace, profile="analyst") as supervisor:
        thread = new_conversation(supervisor=supervisor)
        await thread.say("Hello")
        shared_workspace.control("POST", "tokens/revoke", body=whom)
        try:
            with pytest.raises(LakevisorError, match="credentials"):
                await thread.say("Hello")
        finally:
            shared_workspace.control("POST", "tokens/restore", body=whom)

        assert (await thread.say("Hello")).text.startswith("Hello.")


async def test_a_supervisor_that_cannot_open_leaves_nothing_running(
    own_workspace: Any, open_on: Any
) -> None:
    before = asyncio.all_tasks()

    with pytest.raises(LakebaseError):
        async with open_on(own_workspace, "lakebase.schema_name=pg_mine"):
            pass

    assert asyncio.all_tasks() == before
