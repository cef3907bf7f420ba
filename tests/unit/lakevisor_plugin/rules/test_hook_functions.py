"""Functions that would silently never be called, or be called without their arguments."""

from types import ModuleType

import pytest

from lakevisor_plugin import hookimpl
from lakevisor_plugin.rules import hook_arguments, hook_problems, registration


def plugin_of(**functions):
    module = ModuleType("plugin")
    vars(module).update(functions)
    return module


def observe(function, **options):
    """Return the problems of a plugin with this one observer."""
    return hook_problems(plugin_of(lakevisor_observe=hookimpl(**options)(function)))


def test_the_hooks_and_their_arguments_are_read_from_the_specification():
    assert hook_arguments() == {
        "lakevisor_register_agent": (),
        "lakevisor_build_chat_model": ("role", "settings"),
        "lakevisor_review_tool_call": ("call", "turn"),
        "lakevisor_observe": ("event",),
    }


@pytest.mark.parametrize("function", [lambda event: None, lambda: None])
def test_a_hook_may_leave_out_arguments(function):
    assert observe(function) == []


async def asynchronous(event):
    """Be awaited by nobody."""


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda evnt: None, "has no argument 'evnt'. Did you mean event?"),
        (lambda event=None: None, "gives 'event' a default"),
        (lambda *, event: None, "takes 'event' by keyword only"),
        (lambda **rest: None, "takes **rest, which is never filled"),
        (asynchronous, "is asynchronous"),
    ],
)
def test_arguments_that_would_not_be_filled_are_problems(function, said):
    (problem,) = observe(function)

    assert problem.startswith("lakevisor_observe ")
    assert said in problem


def test_a_wrapper_is_refused_because_it_could_weaken_a_verdict():
    def wrap(event):
        yield

    (problem,) = observe(wrap, wrapper=True)
    assert "only plain implementations are taken" in problem


def test_a_hook_that_is_not_marked_is_a_problem():
    problems = hook_problems(plugin_of(lakevisor_observe=lambda event: None))

    assert problems == [
        "lakevisor_observe is not marked with @hookimpl, so it would never be called."
    ]


def test_a_method_that_is_not_marked_is_a_problem():
    class Plugin:
        @staticmethod
        def lakevisor_observe(event): ...

    assert "not marked" in hook_problems(Plugin())[0]


@pytest.mark.parametrize("mark", [hookimpl, lambda function: function])
def test_an_unknown_hook_is_a_problem_with_the_nearest_name(mark):
    problems = hook_problems(plugin_of(lakevisor_observer=mark(lambda event: None)))

    assert problems == ["there is no hook lakevisor_observer. Did you mean lakevisor_observe?"]


def test_a_hook_of_a_later_contract_may_be_marked_as_optional():
    later = hookimpl(optionalhook=True)(lambda: None)
    assert hook_problems(plugin_of(lakevisor_later=later)) == []


def test_an_imported_module_with_the_prefix_is_no_hook():
    plugin = plugin_of(lakevisor_observe=hookimpl(lambda: None), lakevisor_x=ModuleType("x"))

    assert hook_problems(plugin) == []


def test_a_plugin_without_hooks_is_a_problem():
    assert "implements no hook" in hook_problems(plugin_of())[0]


def test_a_plugin_registers_one_agent():
    plugin = plugin_of(
        lakevisor_register_agent=hookimpl(lambda: 1),
        second=hookimpl(specname="lakevisor_register_agent")(lambda: 2),
    )
    assert "implemented 2 times; one is allowed" in hook_problems(plugin)[0]


def test_the_registering_function_is_found_under_any_name():
    plugin = plugin_of(mine=hookimpl(specname="lakevisor_register_agent")(lambda: "agent"))

    assert registration(plugin)() == "agent"


def test_a_plugin_may_register_nothing():
    assert registration(plugin_of(lakevisor_observe=hookimpl(lambda: None))) is None
