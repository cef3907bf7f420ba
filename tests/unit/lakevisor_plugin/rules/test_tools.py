"""Tools that a model can be given."""

import pytest
from langchain_core.tools import BaseTool, StructuredTool, tool

from lakevisor_plugin import CurrentTurn, Turn
from lakevisor_plugin.rules import tool_problems


@tool(parse_docstring=True)
def forecast(city: str, turn: CurrentTurn) -> str:
    """Tell tomorrow's weather.

    Args:
        city: where.
        turn: the turn.
    """
    return f"{city}: {turn.thread_id}"


def named(name):
    """Return a sound tool of another name."""
    return forecast.model_copy(update={"name": name})


def plain(function, description="Do it."):
    """Return a tool whose schema has no descriptions."""
    return StructuredTool.from_function(function, name="plain", description=description)


def test_a_described_tool_is_sound():
    assert tool_problems([forecast], ["forecast"]) == []


@pytest.mark.parametrize("name", ["my tool", "", "x" * 65, "größe"])
def test_a_tool_has_a_name_that_endpoints_take(name):
    assert "must have a name of letters" in tool_problems([named(name)], [])[0]


def test_the_names_of_hand_offs_are_the_supervisors():
    (problem,) = tool_problems([named("transfer_to_genie")], [])
    assert "as the supervisor's hand-offs do" in problem


def test_two_tools_of_an_agent_have_two_names():
    assert tool_problems([forecast, forecast], []) == ["it has 2 tools of the name 'forecast'."]


def test_a_tool_has_a_description():
    class Silent(BaseTool):
        name: str = "silent"
        description: str = " "

        def _run(self): ...

    assert "has no description" in tool_problems([Silent()], [])[0]


def test_a_parameter_is_described():
    (problem,) = tool_problems([plain(lambda town: town)], [])
    assert problem == "the tool 'plain' does not describe its parameter 'town'."


def test_a_docstring_that_speaks_of_the_parameter_is_a_description():
    assert tool_problems([plain(lambda town: town, "Tell the weather of a town.")], []) == []


def test_a_turn_that_the_model_would_see_is_a_problem():
    def report(turn: Turn) -> str:
        return turn.thread_id

    (problem,) = tool_problems([plain(report)], [])
    assert "has no JSON schema" in problem


def test_the_supervisors_own_parameter_is_taken():
    (problem,) = tool_problems([plain(lambda more_to_do: more_to_do)], [])
    assert "'more_to_do', which the supervisor adds itself" in problem


def test_a_shortcut_is_a_tool_of_the_agent():
    (problem,) = tool_problems([forecast], ["forcast"])
    assert problem == "the shortcut 'forcast' is no tool of it. Did you mean forecast?"


def test_a_shortcut_is_named_once():
    assert tool_problems([forecast], ["forecast"] * 2) == ["a shortcut is named twice."]


@pytest.mark.parametrize(
    ("made", "said"),
    [(None, "NoneType, not a list"), ([len], "where LangChain tools must be"), ([], "no tool")],
)
def test_what_build_tools_makes_is_a_list_of_tools(made, said):
    assert said in tool_problems(made, [])[0]


def test_an_effect_must_be_a_tool():
    (problem,) = tool_problems([forecast], [], ["forcast"])
    assert problem == "effects names 'forcast', which is no tool of it. Did you mean forecast?"


def test_an_action_must_be_a_tool():
    (problem,) = tool_problems([forecast], [], actions=["forcast"])
    assert problem == "actions names 'forcast', which is no tool of it. Did you mean forecast?"


def test_the_action_that_describes_is_lakevisors_own():
    (problem,) = tool_problems([named("describe")], [], actions=["describe"])
    assert "which is Lakevisor's own" in problem
