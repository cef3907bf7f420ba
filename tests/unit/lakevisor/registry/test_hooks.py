"""The hooks as the host calls them: `lakevisor_build_chat_model` and the rest, each rule of it."""

import logging

import pytest

from lakevisor.errors import PluginError
from lakevisor.registry import Hooks, Plugin
from lakevisor_plugin import Decision, ToolCall, TurnStarted, Verdict, hookimpl
from lakevisor_testing import ScriptedModel

EVENT = TurnStarted(thread_id="thread-1", turn_id="turn-1")


def hooks_of(**plugins):
    return Hooks(
        Plugin(name=name, distribution=f"dist-{name}", version="1", module=name, object=plugin)
        for name, plugin in plugins.items()
    )


class Reviewer:
    """Says the same of every call, or raises it."""

    def __init__(self, said):
        self.said = said

    @hookimpl
    def lakevisor_review_tool_call(self):
        if isinstance(self.said, Exception):
            raise self.said
        return self.said


class ModelBuilder:
    """Gives the same model for every role, or raises it, and remembers the roles."""

    def __init__(self, given):
        self.given = given
        self.roles = []

    @hookimpl
    def lakevisor_build_chat_model(self, role):
        self.roles.append(role)
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


class Observer:
    """Remembers events."""

    def __init__(self):
        self.heard = []

    @hookimpl
    def lakevisor_observe(self, event):
        self.heard.append(event)


class BrokenObserver:
    """Fails at every event."""

    @hookimpl
    def lakevisor_observe(self):
        raise RuntimeError("disk full")


def allow(reason=""):
    return Reviewer(Verdict(decision=Decision.ALLOW, reason=reason))


def ask(reason=""):
    return Reviewer(Verdict(decision=Decision.ASK, reason=reason))


def refuse(reason=""):
    return Reviewer(Verdict(decision=Decision.REFUSE, reason=reason))


# ------------------------------------------------------------------ lakevisor_build_chat_model


def test_without_a_plugin_no_model_is_built():
    assert hooks_of().build_chat_model("supervisor", {}) is None


def test_the_first_plugin_with_a_model_wins():
    first, second = ModelBuilder(ScriptedModel()), ModelBuilder(ScriptedModel())
    hooks = hooks_of(z=second, b=first, a=ModelBuilder(None))

    assert hooks.build_chat_model("genie", {"endpoint": "claude"}) is first.given
    assert second.roles == []


def test_a_failing_model_builder_is_named():
    with pytest.raises(PluginError, match="'broken' of distribution 'dist-broken'") as caught:
        hooks_of(broken=ModelBuilder(RuntimeError("no key"))).build_chat_model("supervisor", {})

    assert "RuntimeError: no key" in caught.value.message


def test_something_that_is_no_model_is_an_error():
    with pytest.raises(PluginError, match="returned str, not a BaseChatModel"):
        hooks_of(odd=ModelBuilder("claude")).build_chat_model("supervisor", {})


# ------------------------------------------------------------------ lakevisor_review_tool_call


def test_without_an_opinion_a_call_is_allowed(tool_call, turn):
    assert hooks_of(silent=Reviewer(None)).review_tool_call(tool_call, turn) == Verdict(
        decision=Decision.ALLOW
    )


@pytest.mark.parametrize(
    ("reviewers", "decision"),
    [
        ({"a": allow(), "b": ask("Sure?")}, Decision.ASK),
        ({"a": refuse("No."), "b": ask("Sure?")}, Decision.REFUSE),
        ({"a": ask("Sure?"), "b": allow("Fine."), "c": refuse("No.")}, Decision.REFUSE),
    ],
)
def test_the_strictest_verdict_wins(tool_call, turn, reviewers, decision):
    assert hooks_of(**reviewers).review_tool_call(tool_call, turn).decision is decision


def test_the_reasons_are_those_of_the_strictest(tool_call, turn):
    hooks = hooks_of(a=refuse("Too late."), b=ask("Sure?"), c=refuse("Too dear."))

    assert hooks.review_tool_call(tool_call, turn).reason == "Too late. Too dear."


def test_a_refusal_without_a_reason_names_the_plugin(tool_call, turn):
    verdict = hooks_of(guard=refuse()).review_tool_call(tool_call, turn)

    assert verdict.reason == "The plugin 'guard' gave no reason."


@pytest.mark.parametrize("said", [RuntimeError("password is hunter2"), "yes", True])
def test_a_reviewer_that_fails_refuses_without_telling_internals(tool_call, turn, caplog, said):
    verdict = hooks_of(a=allow("Fine."), guard=Reviewer(said)).review_tool_call(tool_call, turn)

    assert verdict.decision is Decision.REFUSE
    assert verdict.reason == "The call could not be reviewed, so it does not run."
    assert "The reviewer 'guard'" in caplog.text


def test_the_traceback_of_a_failing_reviewer_is_logged(tool_call, turn, caplog):
    hooks_of(guard=Reviewer(RuntimeError("disk full"))).review_tool_call(tool_call, turn)

    assert "RuntimeError: disk full" in caplog.text
    assert caplog.records[0].action == "reviewer_failed"


def test_all_reviewers_are_asked_though_one_fails(tool_call, turn):
    hooks = hooks_of(a=Reviewer(RuntimeError()), b=refuse("Too dear."))

    assert "Too dear." in hooks.review_tool_call(tool_call, turn).reason


def test_a_reviewer_cannot_change_the_call_that_runs(turn):
    class Meddler:
        @hookimpl
        def lakevisor_review_tool_call(self, call):
            call.arguments["job"]["id"] = 2

    call = ToolCall(agent="jobs", tool="start", call_id="c", arguments={"job": {"id": 1}})
    hooks_of(meddler=Meddler()).review_tool_call(call, turn)

    assert call.arguments == {"job": {"id": 1}}


def test_a_reviewer_may_take_the_turn_too(tool_call, turn):
    class Reader:
        @hookimpl
        def lakevisor_review_tool_call(self, turn, call):
            return Verdict(decision=Decision.ASK, reason=f"{call.tool} in {turn.thread_id}")

    assert hooks_of(reader=Reader()).review_tool_call(tool_call, turn).reason == "start in thread-1"


# --------------------------------------------------------------------------- lakevisor_observe


def test_every_observer_hears_every_event():
    one, other = Observer(), Observer()

    hooks_of(a=one, b=other).observe(EVENT)

    assert one.heard == other.heard == [EVENT]


def test_an_observer_that_fails_is_logged_and_silences_no_other(caplog):
    first, last = Observer(), Observer()

    with caplog.at_level(logging.ERROR):
        hooks_of(a=first, broken=BrokenObserver(), z=last).observe(EVENT)

    assert first.heard == last.heard == [EVENT]
    assert "The observer 'broken' failed at TurnStarted." in caplog.text
    assert "RuntimeError: disk full" in caplog.text
