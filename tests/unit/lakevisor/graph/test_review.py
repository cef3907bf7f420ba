"""Whether a tool call may run: reviewed by plugins, accepted by the person."""

from types import SimpleNamespace

import pytest

from lakevisor.graph.state import TURNS_KEPT
from lakevisor.ledger import OwnerKey
from lakevisor.ledger.values import Action
from lakevisor.registry import Plugin
from lakevisor_plugin import Decision, Verdict, hookimpl
from lakevisor_testing.replies import Reply, ToolUse

LAUNCH = ToolUse("launch", request="it")


def reviewer(verdict):
    @hookimpl
    def lakevisor_review_tool_call(call):
        return verdict if call.tool == "launch" else None

    hooks = SimpleNamespace(lakevisor_review_tool_call=lakevisor_review_tool_call)
    return Plugin(name="reviewer", distribution=None, version=None, module="", object=hooks)


@pytest.fixture
def asking(talk_with):
    """A thread in which launches are asked about first."""
    verdict = Verdict(decision=Decision.ASK, reason="This costs money.")
    return talk_with(plugins=[reviewer(verdict)])


async def test_a_refused_call_does_not_run_and_the_model_reads_why(talk_with):
    verdict = Verdict(decision=Decision.REFUSE, reason="Not on Sundays.")
    talk = talk_with(plugins=[reviewer(verdict)])
    assert await talk.say("Start it", LAUNCH, "Not on Sundays, sorry.") == "Not on Sundays, sorry."
    assert talk.model.calls[-1].messages[-1].content == "Refused: Not on Sundays."
    assert not await talk.operations()


async def test_a_refusal_stands_in_the_audit_with_its_reason(talk_with):
    verdict = Verdict(decision=Decision.REFUSE, reason="Not on Sundays.")
    talk = talk_with(plugins=[reviewer(verdict)])
    await talk.say("Start it", LAUNCH, "Sorry.")
    [record] = await talk.ledger.audit.of(OwnerKey(workspace_id="1", owner="ada"))
    assert (record.entry.action, record.entry.origin.tool) == (Action.REFUSED, "launch")
    assert record.entry.details == {"reason": "Not on Sundays.", "arguments": {"request": "it"}}


async def test_an_asked_call_waits_and_says_what_it_would_do(asking):
    reply = await asking.say("Start it", LAUNCH)
    assert reply.startswith("This costs money.")
    assert reply.splitlines()[2:] == [
        "Shall I call `launch` of work, with:",
        "",
        '- `request`: `"it"`',
        "",
        "Answer yes or no.",
    ]
    assert not await asking.operations()


async def test_an_accepted_call_runs_as_proposed_without_a_model_call(asking):
    await asking.say("Start it", LAUNCH)
    reply = await asking.say("Yes, please!")
    assert reply.startswith("Started Work.")
    assert asking.context.model_calls == 0


async def test_an_accepted_call_runs_once(asking):
    await asking.say("Start it", LAUNCH)
    await asking.say("yes")
    assert await asking.say("yes", "There is nothing to accept.") == "There is nothing to accept."
    assert len(await asking.operations()) == 1


async def test_a_no_is_answered_without_a_model_call(asking):
    await asking.say("Start it", LAUNCH)
    assert await asking.say("No, thanks.") == "All right, that is not done."
    assert asking.context.model_calls == 0
    assert not await asking.operations()


async def test_another_request_drops_the_proposal_and_says_so(asking):
    await asking.say("Start it", LAUNCH)
    reply = await asking.say("Yes, but tell me the price first", "It is free.")
    assert reply.startswith("What I had asked is closed, and not done.")
    assert reply.endswith("It is free.")
    await asking.say("yes", "What do you mean?")
    assert not await asking.operations()


@pytest.fixture
def careful(talk_with):
    """A thread in which effects wait for a yes once words of others are in it."""
    return talk_with(settings={"confirm_after_outside": True})


async def test_an_effect_runs_at_once_in_a_thread_of_the_persons_own_words(careful):
    assert (await careful.say("Start it", LAUNCH)).startswith("Started Work.")


async def test_an_effect_waits_after_words_of_others(careful):
    obeying = ToolUse("look_up", question="x", more_to_do=True)
    reply = await careful.say("Look it up", obeying, LAUNCH)
    assert "Shall I call `launch`" in reply
    assert not await careful.operations()


async def test_a_call_that_was_chosen_before_words_of_others_were_read_runs(careful):
    both = Reply(tool_uses=[ToolUse("look_up", question="x"), LAUNCH])
    assert "Started Work." in await careful.say("Look it up, and start", both)


async def test_an_effect_waits_after_the_words_of_an_error(careful):
    failing = ToolUse("transfer_to_data", task="Look it up")
    odd = ToolUse("describe", table="gone")
    await careful.say("Describe it", failing, odd, "It was dropped.")
    assert "Shall I" in await careful.say("Hello", LAUNCH)


async def test_an_effect_runs_after_a_mistake_of_the_models_own(careful):
    wrong = ToolUse("launch", request="it", pace=3)
    assert "Started Work." in await careful.say("Start it", wrong, LAUNCH)


async def test_a_call_that_does_not_fit_is_told_to_the_model_and_not_asked_about(asking):
    reply = await asking.say("Start it", ToolUse("launch", request=7), "I cannot.")
    assert reply == "I cannot."
    assert "request: Input should be a valid string" in asking.model.calls[-1].messages[-1].content


async def test_an_effect_waits_also_many_turns_after_words_of_others(careful):
    await careful.say("Look it up", ToolUse("look_up", question="x"))
    for turn in range(TURNS_KEPT + 1):
        await careful.say(f"Hello {turn}", "Hello")
    await careful.say("Hello again", LAUNCH)
    assert "look_up" not in str(careful.messages)
    assert not await careful.operations()


async def test_what_was_accepted_runs_also_after_words_of_others(careful):
    await careful.say("Look it up", ToolUse("look_up", question="x"))
    await careful.say("Start it", LAUNCH)
    assert (await careful.say("yes")).startswith("Started Work.")
    assert len(await careful.operations()) == 1


async def test_what_a_call_left_open_is_asked_about_and_accepted_as_it_was_settled(talk):
    question = await talk.say("Start the dear one", ToolUse("launch", request="dear"))
    assert 'Shall I start Work, with:\n\n- `request`: `"very dear"`' in question
    assert (await talk.say("yes")).startswith("Started Work.")


async def test_a_tool_can_ask_first_and_knows_when_it_was_accepted(talk):
    await talk.say("Start the dear one", ToolUse("launch", request="dear"))
    assert not await talk.operations()
    assert (await talk.say("yes")).startswith("Started Work.")
