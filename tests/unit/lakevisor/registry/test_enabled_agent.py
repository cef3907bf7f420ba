"""Enabling an agent: settings in, checked tools or a graph out."""

import pytest

from lakevisor.errors import InvalidConfiguration, InvalidPlugins, UnknownKey
from lakevisor.registry import build_registry

REGISTER = "@hookimpl\ndef lakevisor_register_agent():\n    return agent({changes})\n"


@pytest.fixture
def enable(site, configure):
    """Install a plugin with a changed sub-agent, enable it, and return the enabled agent."""

    def _enable(changes="", *, settings="{}"):
        site.install("weather", REGISTER.format(changes=changes))
        registry = build_registry(configure(f"{{weather: {settings}}}"), discovery=site.discover())
        return registry.agents[0]

    return _enable


def test_an_agent_has_its_settings_from_the_configuration(enable):
    assert enable(settings="{city: Gouda}").settings.city == "Gouda"


def test_an_agent_has_its_tools_prompt_and_shortcuts(enable):
    agent = enable("shortcuts=['weather_tool']")

    assert [tool.name for tool in agent.tools] == ["weather_tool"]
    assert agent.shortcuts == ("weather_tool",)
    assert agent.prompt == "Answer briefly."
    assert agent.graph is None


def test_when_to_delegate_may_depend_on_the_settings(enable):
    agent = enable("delegate_when=lambda s: f'For {s.city}.'", settings="{city: Gouda}")

    assert agent.delegate_when == "For Gouda."


def test_an_agent_may_bring_a_graph_instead(enable):
    changes = (
        "prompt='', build_tools=None, build_graph=lambda s:"
        " __import__('langchain_core.runnables', fromlist=['x']).RunnableLambda(len)"
    )
    agent = enable(changes)

    assert agent.graph.invoke("four") == 4
    assert agent.tools == ()


def test_settings_that_do_not_fit_are_said_with_file_and_line(enable):
    with pytest.raises(InvalidConfiguration) as caught:
        enable(settings="{citty: Gouda}")

    (problem,) = caught.value.problems
    assert isinstance(problem, UnknownKey)
    assert problem.where.endswith("local.yaml:1")
    assert problem.nearest == "agents.weather.city"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ("build_tools=lambda s: 1 / 0", "build_tools failed: ZeroDivisionError"),
        ("build_tools=lambda s: exit(3)", "build_tools failed: SystemExit: 3"),
        ("build_tools=lambda s: None", "build_tools made NoneType, not a list"),
        ("build_tools=lambda s: [len]", "made builtin_function_or_method where LangChain tools"),
        ("build_tools=lambda s: []", "made no tool"),
        ("delegate_when=lambda s: ''", "delegate_when is empty"),
        ("shortcuts=['weather_tol']", "Did you mean weather_tool?"),
        ("prompt='', build_tools=None, build_graph=lambda s: 1", "build_graph made int"),
    ],
)
def test_what_a_plugin_makes_of_its_settings_is_checked(enable, changes, said):
    with pytest.raises(InvalidPlugins, match="entry point 'weather'") as caught:
        enable(changes)

    assert said in caught.value.message
