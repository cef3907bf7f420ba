"""What a plugin may say about itself."""

from dataclasses import replace

import pytest
from langchain_core.runnables import RunnableLambda
from pydantic import BaseModel

from lakevisor_plugin import SubAgent
from lakevisor_plugin.rules import delegation_problems, graph_problems, sub_agent_problems


class Settings(BaseModel):
    """Nothing to set."""


WEATHER = SubAgent(
    name="weather",
    delegate_when="For the weather, not for the climate.",
    settings=Settings,
    prompt="Answer briefly.",
    build_tools=lambda settings: [],
)
BY_GRAPH = replace(WEATHER, prompt="", build_tools=None, build_graph=lambda settings: None)


@pytest.mark.parametrize("sub_agent", [WEATHER, BY_GRAPH], ids=["tools", "graph"])
def test_a_sub_agent_has_tools_or_a_graph(sub_agent):
    assert sub_agent_problems(sub_agent, name="weather") == []


def test_a_sub_agent_has_the_name_of_its_entry_point():
    (problem,) = sub_agent_problems(WEATHER, name="climate")
    assert problem == "the sub-agent is named 'weather'; it must be 'climate'."


@pytest.mark.parametrize("name", ["Weather", "my-weather", "7days", "", "x" * 41])
def test_a_name_is_one_that_tools_and_keys_can_carry(name):
    problems = sub_agent_problems(replace(WEATHER, name=name), name=name)
    assert "lower case letters" in problems[0]


def test_the_name_of_the_supervisor_is_taken():
    problems = sub_agent_problems(replace(WEATHER, name="supervisor"), name="supervisor")
    assert problems == ["the name 'supervisor' is Lakevisor's own; choose another."]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"delegate_when": " "}, "delegate_when is empty"),
        ({"settings": BaseModel}, "settings must be a class"),
        ({"settings": dict}, "settings must be a class that extends pydantic.BaseModel"),
        ({"settings": Settings()}, "settings must be a class"),
        ({"build_tools": None}, "neither build_tools nor build_graph"),
        ({"build_graph": lambda settings: None}, "both build_tools and build_graph"),
        ({"shortcuts": "forecast"}, "not the text 'forecast'"),
        ({"effects": "forecast"}, "effects must be a list"),
        ({"settle": len}, "settle is never asked"),
        ({"settle": 3, "effects": ["rain"]}, "settle must be an asynchronous function"),
        ({"follow": 3}, "follow must be an asynchronous function"),
        ({"resources": ()}, "resources must be a function"),
        ({"check": None}, "check must be a function"),
    ],
)
def test_what_does_not_fit_is_said(changes, said):
    (problem,) = sub_agent_problems(replace(WEATHER, **changes), name="weather")
    assert said in problem


@pytest.mark.parametrize(
    "changes", [{"prompt": "Hello."}, {"shortcuts": ["forecast"]}, {"effects": ["rain"]}]
)
def test_a_graph_of_ones_own_takes_what_belongs_to_it(changes):
    (problem,) = sub_agent_problems(replace(BY_GRAPH, **changes), name="weather")
    assert "with build_graph they do nothing" in problem


def test_anything_but_a_sub_agent_is_refused():
    assert "not list" in sub_agent_problems([WEATHER], name="weather")[0]


@pytest.mark.parametrize("words", ["", " ", None, 3])
def test_the_router_needs_words(words):
    assert "is empty" in delegation_problems(words)[0]


def test_a_graph_is_something_that_can_be_invoked():
    assert graph_problems(RunnableLambda(len)) == []
    assert graph_problems(len) == [
        "build_graph made builtin_function_or_method, not a compiled LangGraph graph."
    ]
