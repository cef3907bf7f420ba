"""The scripted model answers as an OpenAI-compatible endpoint does."""

import asyncio

import pytest
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage
from langchain_core.tools import tool

from lakevisor_testing import Reply, ScriptedModel, ToolUse

START = ToolUse("start_job", user_request="Analyze all customer transactions")


@tool
def start_job(user_request: str) -> str:
    """Start a job for a user_request."""
    return user_request


async def streamed(model, messages="Go."):
    return [chunk async for chunk in model.astream(messages)]


def joined(chunks):
    whole, *rest = chunks
    return sum(rest, start=whole)


def test_words_are_an_answer():
    answer = ScriptedModel(["It was 42."]).invoke("Revenue?")

    assert answer.text == "It was 42."
    assert answer.response_metadata["finish_reason"] == "stop"


async def test_a_tool_use_is_a_tool_call():
    answer = await ScriptedModel([START]).ainvoke("Go.")

    (call,) = answer.tool_calls
    assert (call["name"], call["id"]) == ("start_job", "call_1")
    assert call["args"] == {"user_request": "Analyze all customer transactions"}
    assert answer.response_metadata["finish_reason"] == "tool_calls"


async def test_text_is_streamed_word_by_word():
    chunks = await streamed(ScriptedModel(["It was  42."]))

    assert [chunk.text for chunk in chunks if chunk.text] == ["It ", "was  ", "42."]


async def test_a_test_may_say_where_the_text_is_cut():
    chunks = await streamed(ScriptedModel([Reply(pieces=["It w", "as 42."])]))

    assert [chunk.text for chunk in chunks if chunk.text] == ["It w", "as 42."]


async def test_a_tool_call_is_streamed_with_its_name_once_and_its_arguments_in_pieces():
    chunks = await streamed(ScriptedModel([START]))

    pieces = [piece for chunk in chunks for piece in chunk.tool_call_chunks]
    assert [piece["name"] for piece in pieces] == ["start_job", *[None] * (len(pieces) - 1)]
    assert len(pieces) > 3
    assert joined(chunks).tool_calls[0]["args"] == {
        "user_request": "Analyze all customer transactions"
    }


async def test_several_tool_calls_are_told_apart_by_their_index():
    both = Reply(text="At once.", tool_uses=[START, ToolUse("stop_job", call_id="mine", run_id=7)])

    whole = joined(await streamed(ScriptedModel([both])))

    assert [call["name"] for call in whole.tool_calls] == ["start_job", "stop_job"]
    assert [call["id"] for call in whole.tool_calls] == ["call_1", "mine"]
    assert whole.text == "At once."


@pytest.mark.parametrize("is_streamed", [True, False])
async def test_arguments_can_be_no_json(is_streamed):
    model = ScriptedModel([ToolUse("start_job", raw='{"user_request": "An')])

    if is_streamed:
        chunks = await streamed(model)
        assert joined(chunks).tool_call_chunks[0]["args"] == '{"user_request": "An'
    else:
        answer = await model.ainvoke("Go.")
        assert answer.tool_calls == []
        assert answer.invalid_tool_calls[0]["args"] == '{"user_request": "An'


async def test_a_stream_can_break_after_what_was_sent():
    model = ScriptedModel([Reply(text="It was", breaks_with=ConnectionError("gone"))])
    stream = model.astream("Go.")

    assert [(await anext(stream)).text for _ in range(2)] == ["It ", "was"]
    with pytest.raises(ConnectionError, match="gone"):
        await anext(stream)


@pytest.mark.parametrize("call", ["invoke", "stream"])
def test_an_exception_in_the_script_is_raised(call):
    with pytest.raises(TimeoutError):
        list(getattr(ScriptedModel([TimeoutError()]), call)("Go."))


async def test_the_finish_reason_can_be_any():
    chunks = await streamed(ScriptedModel([Reply(text="It was", finish_reason="length")]))

    assert joined(chunks).response_metadata["finish_reason"] == "length"


@pytest.mark.parametrize("is_streamed", [True, False])
async def test_usage_is_counted_the_same_in_one_piece_or_many(is_streamed):
    model = ScriptedModel(["x" * 40])
    question = "y" * 80

    chunks = await streamed(model, question) if is_streamed else [await model.ainvoke(question)]

    assert joined(chunks).usage_metadata == {
        "input_tokens": 20,
        "output_tokens": 10,
        "total_tokens": 30,
    }


async def test_every_call_is_remembered_with_what_the_model_was_shown():
    model = ScriptedModel(["Yes.", "No."])
    bound = model.bind_tools([start_job], tool_choice="auto")

    await bound.ainvoke([SystemMessage("Be brief."), HumanMessage("One?")])
    await streamed(model, "Two?")

    first, second = model.calls
    assert [message.text for message in first.messages] == ["Be brief.", "One?"]
    assert (first.tool_names, first.options) == (["start_job"], {"tool_choice": "auto"})
    assert (first.is_streamed, second.is_streamed) == (False, True)
    assert second.tools == ()


def test_bound_tools_have_the_form_of_the_wire():
    model = ScriptedModel(["Yes."])
    model.bind_tools([start_job]).invoke("Go.")

    (specification,) = model.calls[0].tools
    assert specification["type"] == "function"
    assert list(specification["function"]["parameters"]["properties"]) == ["user_request"]


def test_a_script_can_be_a_function_of_the_messages():
    model = ScriptedModel(lambda messages: messages[-1].text.upper())

    assert [model.invoke(text).text for text in ("one", "two")] == ["ONE", "TWO"]


def test_a_script_that_has_ended_fails_the_test_and_shows_the_conversation():
    model = ScriptedModel(["Yes."])
    model.invoke("One?")

    with pytest.raises(AssertionError, match=r"this is call 2, with the tools start_job:\nHuman"):
        model.bind_tools([start_job]).invoke("Two?")


def test_a_script_can_go_on():
    model = ScriptedModel()
    model.then("Yes.")

    assert model.invoke("One?").text == "Yes."


async def test_a_reply_can_wait_for_the_test():
    event = asyncio.Event()
    answer = asyncio.create_task(ScriptedModel([Reply(text="Now.", waits_for=event)]).ainvoke("?"))
    await asyncio.sleep(0)
    assert not answer.done()

    event.set()
    assert (await answer).text == "Now."


def test_a_reply_that_waits_needs_an_event_loop():
    with pytest.raises(AssertionError, match="ainvoke or astream"):
        ScriptedModel([Reply(text="Now.", waits_for=asyncio.Event())]).invoke("?")


async def test_the_chunks_are_of_langchains_type():
    assert all(isinstance(chunk, AIMessageChunk) for chunk in await streamed(ScriptedModel(["A"])))
