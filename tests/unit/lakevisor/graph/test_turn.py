"""One turn through the graph: who is asked, what comes out, and where it ends."""

import pytest
from langchain_core.messages import AIMessage, ToolMessage

from lakevisor.errors import DeadlineExceeded, ModelError, TooManyModelCalls
from lakevisor.graph.messages import is_reply_part
from lakevisor_plugin import AgentStarted, Answered, Progress, TextDelta, ToolFinished
from lakevisor_testing.replies import Reply, ToolUse


async def test_small_talk_takes_one_model_call(talk):
    assert await talk.say("Hello", "Hello, what can I do?") == "Hello, what can I do?"
    assert talk.context.model_calls == 1


async def test_a_shortcuts_answer_is_forwarded_without_a_second_call(talk):
    reply = await talk.say("How many?", ToolUse("look_up", question="How many?"))
    assert reply == "| answer |\n|---|\n| How many? |"
    assert talk.context.model_calls == 1


async def test_a_launch_ends_the_turn_without_another_model_call(talk):
    reply = await talk.say("Start it", ToolUse("launch", request="it"))
    assert reply.startswith("Started Work. Run run-")
    assert talk.context.model_calls == 1


async def test_a_launch_ends_the_turn_even_if_there_was_more_to_do(talk):
    await talk.say("Start it", ToolUse("launch", request="it", more_to_do=True))
    assert talk.context.model_calls == 1


async def test_two_steps_take_two_model_calls(talk_with):
    talk = talk_with(settings={"confirm_after_outside": False})
    reply = await talk.say(
        "Look it up, then start",
        ToolUse("look_up", question="x", more_to_do=True),
        ToolUse("launch", request="it"),
    )
    assert talk.context.model_calls == 2
    assert reply.index("| x |") < reply.index("Started Work")


async def test_two_calls_in_one_message_run_in_order_with_one_model_call(talk):
    both = Reply(tool_uses=[ToolUse("look_up", question="x"), ToolUse("launch", request="it")])
    reply = await talk.say("Look it up and start", both)
    assert talk.context.model_calls == 1
    assert reply.index("| x |") < reply.index("Started Work")


async def test_what_stands_behind_a_launch_is_not_run_but_has_a_result(talk):
    both = Reply(tool_uses=[ToolUse("launch", request="it"), ToolUse("look_up", question="x")])
    reply = await talk.say("Start and look it up", both)
    assert "| x |" not in reply
    results = [each for each in talk.messages if isinstance(each, ToolMessage)]
    assert [each.status for each in results] == ["success", "error"]


async def test_launch_after_launch_on_one_thread_ten_times_over(talk):
    for turn in range(10):
        reply = await talk.say(f"Start {turn}", ToolUse("launch", request=str(turn)))
        assert reply.startswith("Started Work.")
        assert talk.context.model_calls == 1
    assert len(await talk.operations()) == 10


async def test_every_tool_call_in_the_thread_has_its_result(talk):
    await talk.say("Start", ToolUse("launch", request="it"))
    await talk.say("Describe", ToolUse("transfer_to_data", task="t"), "Done.")
    calls = [c["id"] for m in talk.messages if isinstance(m, AIMessage) for c in m.tool_calls]
    results = [m.tool_call_id for m in talk.messages if isinstance(m, ToolMessage)]
    assert sorted(calls) == sorted(results)
    assert calls


async def test_a_hand_off_takes_one_call_of_the_sub_agent_more(talk):
    reply = await talk.say(
        "Describe orders",
        ToolUse("transfer_to_data", task="Describe orders"),
        ToolUse("describe", table="orders"),
        "It has orders.",
    )
    assert reply == "It has orders."
    assert [event.agent for event in talk.heard(AgentStarted)] == ["supervisor", "data", "data"]


async def test_a_sub_agent_that_forwards_an_answer_is_not_asked_again(talk):
    await talk.say("x", ToolUse("transfer_to_data", task="x"), ToolUse("look_up", question="x"))
    assert talk.context.model_calls == 2


async def test_after_a_hand_off_with_more_to_do_the_supervisor_goes_on(talk):
    reply = await talk.say(
        "Describe, then start",
        ToolUse("transfer_to_data", task="Describe", more_to_do=True),
        "It has orders.",
        ToolUse("launch", request="it"),
    )
    assert reply.startswith("It has orders.\n\nStarted Work.")
    handed_over = talk.model.calls[-1].messages[-1]
    assert (handed_over.type, handed_over.content) == ("tool", "It has orders.")


async def test_content_of_a_shortcut_goes_to_the_sub_agents_own_model(talk_with, describing_agent):
    talk = talk_with(agents=[describing_agent])
    reply = await talk.say("Describe", ToolUse("describe", table="orders"), "It has orders.")
    assert reply == "It has orders."
    assert talk.model.calls[-1].messages[0].content == "You are data."
    assert talk.model.calls[-1].messages[-1].content == '{"table":"orders"}'


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("odd", "The tables are: orders."),
        ("gone", "That table was dropped."),
        ("broken", "The tool failed for a reason of its own. Calling it again will not help."),
    ],
)
async def test_what_a_tool_raises_is_told_to_the_model(talk, table, told):
    await talk.say(
        "x", ToolUse("transfer_to_data", task="x"), ToolUse("describe", table=table), "!"
    )
    assert talk.model.calls[-1].messages[-1].content == told


async def test_a_question_of_a_tool_ends_the_turn_word_for_word(talk):
    which = ToolUse("describe", table="which")
    assert (
        await talk.say("x", ToolUse("transfer_to_data", task="x"), which)
        == "Which table do you mean?"
    )


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"table": 3}, "table: Input should be a valid string"),
        ({"table": "t", "force": True}, "Unknown arguments: force. The tool takes: table."),
        ({}, "table: Field required"),
    ],
)
async def test_arguments_that_do_not_fit_reach_no_tool(talk, arguments, told):
    wrong = ToolUse("describe", **arguments)
    await talk.say("x", ToolUse("transfer_to_data", task="x"), wrong, "Sorry.")
    assert told in talk.model.calls[-1].messages[-1].content


async def test_a_tool_that_does_not_exist_is_said_to_the_model(talk):
    assert await talk.say("x", ToolUse("drop_tables"), "I cannot do that.") == "I cannot do that."
    assert talk.model.calls[-1].messages[-1].content == "There is no tool 'drop_tables'."


@pytest.mark.parametrize(
    "cut",
    [
        Reply(tool_uses=[ToolUse("launch", raw='{"request": "i')]),
        Reply(tool_uses=[ToolUse("launch", raw='{"request": "it"}')], finish_reason="length"),
        Reply(tool_uses=[ToolUse("launch", raw="[]")]),
    ],
)
async def test_nothing_runs_from_an_incomplete_message(talk, cut):
    assert await talk.say("Start it", cut, "I could not.") == "I could not."
    assert not await talk.operations()
    assert [call.is_streamed for call in talk.model.calls] == [True, False]


async def test_a_message_that_is_incomplete_twice_fails_the_turn(talk):
    cut = Reply(tool_uses=[ToolUse("launch", raw='{"request"')])
    with pytest.raises(ModelError, match="incomplete, twice"):
        await talk.say("Start it", cut, cut)


async def test_an_empty_answer_fails_the_turn(talk):
    with pytest.raises(ModelError, match="empty answer"):
        await talk.say("Hello", "")


async def test_a_model_that_loops_stops_at_the_limit(talk_with):
    talk = talk_with(limits={"model_calls": 3})
    again = ToolUse("look_up", question="again", more_to_do=True)
    with pytest.raises(TooManyModelCalls):
        await talk.say("Loop", *[again] * 4)
    assert len(talk.model.calls) == 3


async def test_a_model_that_hands_off_for_ever_is_told_to_answer(talk_with):
    talk = talk_with(settings={"max_steps": 1})
    again = ToolUse("transfer_to_data", task="again", more_to_do=True)
    assert await talk.say("Loop", again, "Done.", again, "Enough.") == "Done.\n\nEnough."


async def test_a_turn_without_time_left_is_stopped(talk_with):
    talk = talk_with(limits={"turn_seconds": 0.0})
    with pytest.raises(DeadlineExceeded):
        await talk.say("Hello", "Hello")


async def test_a_thread_goes_on_after_a_failed_turn(talk_with):
    talk = talk_with(limits={"model_calls": 1})
    with pytest.raises(TooManyModelCalls):
        await talk.say("Describe", ToolUse("transfer_to_data", task="x"))
    assert await talk.say("Hello", "Hello") == "Hello"
    assert "(This request was not answered.)" in talk.model.calls[-1].messages[2].content


async def test_text_comes_in_pieces_and_once(talk):
    await talk.say("Hello", "Hello, what can I do?")
    assert "".join(e.text for e in talk.heard(TextDelta)) == "Hello, what can I do?"
    assert [event.streamed for event in talk.heard(Answered)] == [True]


async def test_a_tools_progress_carries_the_agents_name(talk):
    await talk.say("Start it", ToolUse("launch", request="it"))
    assert talk.heard(Progress) == [Progress(agent="work", text="starting")]
    assert [event.outcome for event in talk.heard(ToolFinished)] == ["launched"]


async def test_the_reply_is_made_of_the_parts_that_were_announced(talk):
    await talk.say("x", ToolUse("look_up", question="x", more_to_do=True), "That is all of them.")
    parts = [each.text for each in talk.messages if is_reply_part(each)]
    assert [event.text for event in talk.heard(Answered)] == parts


async def test_without_shortcuts_every_request_goes_through_the_sub_agent(talk_with):
    talk = talk_with(settings={"shortcuts": False})
    await talk.say("x", ToolUse("transfer_to_work", task="x"), ToolUse("launch", request="x"))
    assert talk.model.calls[0].tool_names == ["transfer_to_data", "transfer_to_work"]
    assert talk.context.model_calls == 2
