"""What a plugin says that an effect would do, before the person is asked."""

from types import SimpleNamespace

import pytest

from lakevisor.registry import Plugin
from lakevisor_plugin import Answer, AskFirst, Decision, GiveUp, Settled, Verdict, hookimpl
from lakevisor_testing.replies import ToolUse

LAUNCH = ToolUse("launch", request="the usual")
SETTLED = Settled(
    arguments={"request": "plan 7"}, action="start Work", values={"request": "plan 7"}
)


@hookimpl
def lakevisor_review_tool_call(call):
    return Verdict(decision=Decision.ASK, reason="This costs money.")


@pytest.fixture
def asking(talk_with, settling_agent):
    """Give a function that begins a thread where launches are asked about, as they are settled."""
    hooks = SimpleNamespace(lakevisor_review_tool_call=lakevisor_review_tool_call)
    reviewer = Plugin(name="reviewer", distribution=None, version=None, module="", object=hooks)
    return lambda settle: talk_with(plugins=[reviewer], agents=[settling_agent(settle)])


async def settle(_settings, _call, _turn):
    return SETTLED


async def test_the_person_is_asked_about_what_was_settled(asking):
    question = await asking(settle).say("Start the usual", LAUNCH)
    assert question.splitlines() == [
        "This costs money.",
        "",
        "Shall I start Work, with:",
        "",
        '- `request`: `"plan 7"`',
        "",
        "Answer yes or no.",
    ]


async def test_a_yes_runs_what_was_settled_whatever_it_would_be_by_then(asking):
    meant = iter([SETTLED])

    async def settle_once(_settings, _call, _turn):
        return next(meant)

    talk = asking(settle_once)
    await talk.say("Start the usual", LAUNCH)
    await talk.say("yes")
    (operation,) = await talk.operations()
    assert operation.parameters == {"request": "plan 7"}


async def test_what_would_do_nothing_is_answered_at_once(asking):
    async def nothing_to_do(_settings, _call, _turn):
        return Answer(text="It runs already.")

    assert await asking(nothing_to_do).say("Start", LAUNCH) == "It runs already."


async def test_what_is_refused_is_told_to_the_model_and_not_asked_about(asking):
    async def refuse(_settings, _call, _turn):
        raise GiveUp("There is no such plan.")

    talk = asking(refuse)
    assert await talk.say("Start", LAUNCH, "No such plan.") == "No such plan."
    assert talk.model.calls[-1].messages[-1].content == "There is no such plan."


async def test_the_plugins_own_question_counts_as_one(asking):
    async def ask(_settings, _call, _turn):
        raise AskFirst("This is dear.", settled=SETTLED)

    assert (await asking(ask).say("Start", LAUNCH)).startswith("This is dear.\n\nShall I start")


async def nothing(*_):
    return None


async def launch_at_once(_settings, _call, turn):
    async def start(token):
        raise AssertionError("nothing may be started")

    await turn.operations.launch(kind="work", title="", job=None, parameters={}, start=start)


async def another_tool(*_):
    return Settled(arguments={"wish": 1}, action="start Work")


@pytest.mark.parametrize("wrong", [nothing, launch_at_once, another_tool])
async def test_a_plugin_that_settles_wrongly_starts_nothing(wrong, asking):
    talk = asking(wrong)
    assert await talk.say("Start", LAUNCH, "It failed.") == "It failed."
    assert "failed for a reason of its own" in talk.model.calls[-1].messages[-1].content
    assert not await talk.operations()


async def test_a_tool_that_is_not_called_an_effect_cannot_start_anything(talk):
    (work,) = [each for each in talk.agents if each.name == "work"]
    silent = SimpleNamespace(effects=(), settle=None, delegate_when="")
    talk.agents = [SimpleNamespace(**{**vars(work), "sub_agent": silent})]
    assert await talk.say("Start", LAUNCH, "It failed.") == "It failed."
    assert not await talk.operations()
