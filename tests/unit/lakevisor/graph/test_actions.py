"""Tools that a person's program calls itself: no model before them, and none after."""

import pytest

from lakevisor.registry import Plugin
from lakevisor_plugin import Decision, ToolFinished, Verdict, hookimpl
from lakevisor_testing.replies import ToolUse


class Refusing:
    """A reviewer that lets nothing pass."""

    @hookimpl
    def lakevisor_review_tool_call(self):
        return Verdict(decision=Decision.REFUSE, reason="Not on Sundays.")


async def test_an_action_is_answered_by_the_tool_without_a_model_call(talk):
    reply = await talk.act("data", "look_up", question="orders?")

    assert "| orders? |" in reply
    assert talk.context.model_calls == 0
    assert [each.outcome for each in talk.heard(ToolFinished)] == ["answer"]


async def test_an_action_can_launch(talk):
    reply = await talk.act("work", "launch", request="it")

    assert reply.startswith("Started Work.")
    assert len(await talk.operations()) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("orders", '{"table":"orders"}'),
        ("odd", "The tables are: orders."),
        ("gone", "That table was dropped."),
        ("which", "Which table do you mean?"),
        ("broken", "The tool failed for a reason of its own. Calling it again will not help."),
    ],
)
async def test_whatever_comes_of_an_action_is_what_the_person_reads(talk, table, said):
    assert await talk.act("data", "describe", table=table) == said
    assert talk.context.model_calls == 0


async def test_an_action_is_reviewed(talk_with):
    plugin = Plugin(name="r", distribution=None, version=None, module="", object=Refusing())
    talk = talk_with(plugins=[plugin])

    assert await talk.act("work", "launch", request="it") == "Refused: Not on Sundays."
    assert not await talk.operations()


async def test_a_tool_that_asks_first_asks_before_an_action_too(talk):
    reply = await talk.act("work", "launch", request="dear")

    assert reply.startswith("This is dear.")
    assert not await talk.operations()
    assert (await talk.say("yes")).startswith("Started Work.")


async def test_words_of_others_do_not_make_an_action_wait_as_no_model_wanted_it(talk):
    await talk.act("data", "look_up", question="orders?")
    assert talk.state["read_outside"]

    assert (await talk.act("work", "launch", request="it")).startswith("Started Work.")


async def test_the_turn_after_an_action_is_as_every_turn(talk):
    await talk.act("data", "look_up", question="orders?")

    assert await talk.say("Hello", "Hello to you.") == "Hello to you."
    assert "| orders? |" in await talk.say("Again", ToolUse("look_up", question="orders?"))
