"""What the configuration enables, of what is installed."""

import pytest

from lakevisor.errors import InvalidPlugins
from lakevisor.registry import build_registry
from lakevisor_plugin import Decision

REGISTER = "@hookimpl\ndef lakevisor_register_agent():\n    return agent({changes})\n"


def test_only_configured_agents_are_built(site, configure):
    site.install("maps")
    site.install("weather")

    registry = build_registry(configure("{weather: {}}"), discovery=site.discover())

    assert [agent.name for agent in registry.agents] == ["weather"]


def test_agents_are_sorted_by_name_whatever_the_order_of_the_configuration(site, configure):
    for name in ("weather", "archive", "maps"):
        site.install(name)

    agents = "{weather: {}, maps: {}, archive: {}}"
    registry = build_registry(configure(agents), discovery=site.discover())

    assert [agent.name for agent in registry.agents] == ["archive", "maps", "weather"]


def test_a_configured_agent_that_is_not_installed_is_said_with_line_and_nearest_name(
    site, configure
):
    site.install("weather")

    with pytest.raises(InvalidPlugins) as caught:
        build_registry(configure("{wether: {}}"), discovery=site.discover())

    (problem,) = caught.value.problems
    assert "local.yaml:1: agents.wether is configured" in problem.message
    assert "Did you mean 'weather'?" in problem.message
    assert "Installed: weather." in problem.remedy


def test_a_plugin_that_cannot_be_loaded_stops_the_start_though_nothing_enables_it(site, configure):
    site.install("guard", "import no_such_package")  # it may have been a reviewer
    site.install("weather")

    with pytest.raises(InvalidPlugins, match="no_such_package"):
        build_registry(configure("{weather: {}}"), discovery=site.discover())


def test_a_broken_plugin_that_is_enabled_is_told_once(site, configure):
    site.install("weather", "import no_such_package")

    with pytest.raises(InvalidPlugins) as caught:
        build_registry(configure("{weather: {}}"), discovery=site.discover())

    assert len(caught.value.problems) == 1


def test_an_unusable_sub_agent_that_nothing_enables_does_not_stop_the_start(site, configure):
    site.install("maps", REGISTER.format(changes="prompt=''"))

    registry = build_registry(configure("{}"), discovery=site.discover())

    assert registry.agents == ()


def test_an_unusable_sub_agent_that_is_enabled_stops_the_start(site, configure):
    site.install("maps", REGISTER.format(changes="prompt=' '"))

    with pytest.raises(InvalidPlugins, match="the prompt is empty"):
        build_registry(configure("{maps: {}}"), discovery=site.discover())


def test_a_plugin_without_a_sub_agent_cannot_be_configured_as_one(site, configure):
    site.install("audit", "@hookimpl\ndef lakevisor_observe(event): ...")

    with pytest.raises(InvalidPlugins, match=r"agents\.audit has nothing to enable"):
        build_registry(configure("{audit: {}}"), discovery=site.discover())


def test_a_reviewer_is_active_as_soon_as_it_is_installed(site, configure, tool_call, turn):
    refuses = "return Verdict(decision=Decision.REFUSE, reason='Never.')"
    site.install("guard", f"@hookimpl\ndef lakevisor_review_tool_call(call): {refuses}")

    hooks = build_registry(configure("{}"), discovery=site.discover()).hooks

    assert hooks.review_tool_call(tool_call, turn).decision is Decision.REFUSE


def test_a_tool_that_two_agents_have_is_a_problem_that_names_both(site, configure):
    site.install("maps", REGISTER.format(changes="build_tools=lambda settings: [clash]"))
    site.install("weather", REGISTER.format(changes="build_tools=lambda settings: [clash]"))
    for module in site.modules:
        path = site.folder / f"{module}.py"
        path.write_text(path.read_text() + "@tool\ndef clash():\n    'Clash.'\n")

    with pytest.raises(InvalidPlugins) as caught:
        build_registry(configure("{maps: {}, weather: {}}"), discovery=site.discover())

    (problem,) = caught.value.problems
    assert "'clash'" in problem.message
    assert "'maps' (dist-maps), 'weather' (dist-weather)" in problem.message


def test_every_problem_is_told_at_once(site, configure):
    site.install("archive", REGISTER.format(changes="prompt='', shortcuts='x'"))
    site.install("broken", "import no_such_package")
    site.install("maps", REGISTER.format(changes="build_tools=lambda settings: 1 / 0"))
    site.install("weather")

    agents = "{archive: {}, maps: {}, weather: {town: Delft}, wether: {}}"
    with pytest.raises(InvalidPlugins) as caught:
        build_registry(configure(agents), discovery=site.discover())

    said = caught.value.message
    assert said.startswith("6 problems with the plugins:")
    for part in ("no_such_package", "prompt is empty", "shortcuts must", "ZeroDivisionError"):
        assert part in said
    assert "unknown key 'agents.weather.town'" in said
    assert "agents.wether is configured" in said
