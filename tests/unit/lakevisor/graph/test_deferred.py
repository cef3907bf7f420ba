"""An answer that comes after the turn, beside other steps of the same message."""

import pytest
from langchain_core.messages import ToolMessage
from langchain_core.tools import tool

from lakevisor.graph.messages import is_reply_part
from lakevisor.graph.put_off import NOTE
from lakevisor.graph.tools_node import WAITS
from lakevisor_plugin import Answer, Answered, CurrentTurn, Deferred, Started, ToolFinished
from lakevisor_testing.replies import Reply, ToolUse

SLOWLY = ToolUse("look_up_slowly", question="much")
NOW = ToolUse("look_up", question="little")
START = ToolUse("launch", request="it")
MUCH = ToolUse("look_up_slowly", question="much", more_to_do=True)


@tool
async def look_up_slowly(question: str, turn: CurrentTurn) -> Deferred:
    """Answer a question about much data."""
    operation = await turn.operations.adopt(
        kind="question",
        title=question,
        job=None,
        parameters={},
        started=Started(run_id=f"late-{question}", state="ASKING"),
    )
    text = f"Still at work on {question}: {operation.run_id}."
    return Deferred(operation=operation, text=text, data={"rows": None})


@tool
async def is_it_there(run_id: str, turn: CurrentTurn) -> Answer:
    """Look how far a question is."""
    return Answer(text=f"It is {(await turn.operations.get(run_id, kind='question')).state}.")


@pytest.fixture
def talk(talk_with, new_agent):
    """A thread with the graph whose agent for data has a slow tool too."""
    data, work = talk_with().agents
    more = (look_up_slowly, is_it_there)
    names = [each.name for each in more]
    slow = new_agent("data", [*data.tools, *more], [*data.shortcuts, *names])
    return talk_with(agents=[slow, work])


async def test_it_ends_the_turn_without_another_model_call(talk):
    assert await talk.say("Much?", SLOWLY) == "Still at work on much: late-much."
    assert talk.context.model_calls == 1
    assert [event.outcome for event in talk.heard(ToolFinished)] == ["deferred"]


async def test_what_was_asked_beside_it_is_answered_all_the_same(talk):
    reply = await talk.say("Both?", Reply(tool_uses=[SLOWLY, NOW]))

    assert reply.index("Still at work on much") < reply.index("| little |")
    assert talk.context.model_calls == 1


async def test_work_that_was_asked_for_beside_it_is_started(talk):
    reply = await talk.say("Much, and start", Reply(tool_uses=[SLOWLY, START]))

    assert reply.endswith("Started Work. Run run-" + reply.rpartition("run-")[2])
    assert len(await talk.operations()) == 2
    assert talk.context.model_calls == 1


async def test_a_supervisor_with_more_to_do_goes_on_with_what_does_not_need_it(talk):
    reply = await talk.say("Much, and little", MUCH, NOW)

    assert reply.index("Still at work on much") < reply.index("| little |")
    assert talk.context.model_calls == 2
    assert talk.model.calls[-1].messages[-1].text.endswith(NOTE)


async def test_work_is_started_behind_it_and_ends_the_turn(talk):
    reply = await talk.say("Much, and start", MUCH, START)

    assert "Started Work" in reply
    assert (len(await talk.operations()), talk.context.model_calls) == (2, 2)


async def test_the_same_question_is_not_asked_again_in_its_turn(talk):
    reply = await talk.say("Much, and little", MUCH, MUCH)

    assert reply == f"Still at work on much: late-much.\n\n{WAITS}"
    assert (len(await talk.operations()), talk.context.model_calls) == (1, 2)


async def test_who_asks_whether_it_is_there_at_once_has_no_more_to_do(talk):
    poll = ToolUse("is_it_there", run_id="late-much", more_to_do=True)

    reply = await talk.say("Much, and little", MUCH, poll)

    assert reply.endswith(f"It is ASKING.\n\n{WAITS}")
    assert talk.context.model_calls == 2


async def test_a_model_that_puts_off_ever_more_is_not_asked_for_ever(talk):
    talk.settings["max_steps"] = 3
    others = [ToolUse("look_up_slowly", question=each, more_to_do=True) for each in "abc"]

    reply = await talk.say("A, b and c", *others)

    assert reply.endswith(f"Still at work on c: late-c.\n\n{WAITS}")
    assert talk.context.model_calls == 3


async def test_it_says_so_where_the_turn_has_no_time_to_go_on(talk):
    talk.limits["turn_seconds"] = 4.0

    assert (await talk.say("Much, and little", MUCH)).endswith(WAITS)


async def test_behind_a_sub_agent_that_puts_it_off_the_supervisor_goes_on_too(talk):
    handed = ToolUse("transfer_to_data", task="Much", more_to_do=True)

    reply = await talk.say("Much, then start", handed, SLOWLY, START)

    assert reply.startswith("Still at work on much: late-much.\n\nStarted Work")
    assert talk.model.calls[-1].messages[-1].text.endswith(NOTE)


async def test_a_sub_agent_that_is_handed_it_again_does_not_ask_again(talk):
    handed = ToolUse("transfer_to_data", task="Much", more_to_do=True)

    reply = await talk.say("Much, then start", handed, SLOWLY, handed, SLOWLY)

    assert reply == f"Still at work on much: late-much.\n\n{WAITS}"
    assert len(await talk.operations()) == 1


async def test_a_hand_off_beside_it_is_still_made(talk):
    both = Reply(tool_uses=[SLOWLY, ToolUse("transfer_to_data", task="Describe orders")])

    reply = await talk.say("Much, and describe orders", both, "It has orders.")

    assert reply == "Still at work on much: late-much.\n\nIt has orders."


async def test_a_call_beside_it_that_went_wrong_is_corrected_by_the_model(talk):
    wrong = ToolUse("look_up", question=3)
    await talk.say("Both?", Reply(tool_uses=[SLOWLY, wrong]), NOW)

    assert "| little |" in talk.messages[-1].text
    assert talk.context.model_calls == 2


@pytest.mark.parametrize("behind", [SLOWLY, NOW])
async def test_nothing_runs_behind_a_launch_and_the_person_is_told(talk, behind):
    reply = await talk.say("Start, and look", Reply(tool_uses=[START, behind]))

    name = behind.name
    assert reply.endswith(
        f"Not done, because the request ended before it: `{name}`. Ask for it again."
    )
    results = [each.status for each in talk.messages if isinstance(each, ToolMessage)]
    assert results == ["success", "error"]
    assert (len(await talk.operations()), talk.context.model_calls) == (1, 1)


async def test_what_was_not_done_is_announced_like_every_part(talk):
    await talk.say("Start, and look", Reply(tool_uses=[START, NOW]))

    parts = [each.text for each in talk.messages if is_reply_part(each)]
    assert [event.text for event in talk.heard(Answered)] == parts


async def test_programs_read_its_data(talk):
    await talk.say("Much?", SLOWLY)

    told = talk.messages[-1].additional_kwargs["for_programs"]
    assert (told["data"], told["operations"][0]["run_id"]) == ({"rows": None}, "late-much")
