"""Whether a tool call may run: reviewed by plugins, accepted by the person."""

from types import SimpleNamespace

import pytest

from lakevisor.registry import Plugin
from lakevisor_plugin import Decision, Verdict, hookimpl
from lakevisor_testing.replies import ToolUse

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


async def test_an_asked_call_waits_and_says_what_it_would_do(asking):
    reply = await asking.say("Start it", LAUNCH)
    assert reply.startswith("This costs money.")
    assert "launch(request='it')" in reply
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


async def test_another_request_drops_the_proposal(asking):
    await asking.say("Start it", LAUNCH)
    await asking.say("Yes, but tell me the price first", "It is free.")
    await asking.say("yes", "What do you mean?")
    assert not await asking.operations()
