"""Plugins are found one by one, and each problem is told."""

import logging
import sys

import pytest

from lakevisor.registry import discover


def test_an_installed_plugin_is_found_with_all_that_a_person_asks_about(site):
    site.install("weather", of="acme-weather")

    (plugin,) = site.discover().plugins

    assert (plugin.name, plugin.distribution, plugin.version) == ("weather", "acme-weather", "1.2")
    assert plugin.module == plugin.object.__name__
    assert plugin.sub_agent.delegate_when == "For questions of the tests."


def test_plugins_are_sorted_by_name(site):
    for name in ("weather", "archive", "maps"):
        site.install(name)

    assert [plugin.name for plugin in site.discover().plugins] == ["archive", "maps", "weather"]


def test_without_entry_points_the_installed_distributions_are_asked(site):
    site.install("weather")  # the folder is on the path

    assert "weather" in {plugin.name for plugin in discover().plugins}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import no_such_package", "ModuleNotFoundError: No module named 'no_such_package'"),
        ("raise SystemExit('no licence')", "SystemExit: no licence"),
        ("def broken(:", "SyntaxError"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
    ],
)
def test_a_plugin_that_does_not_import_is_a_problem_and_hides_no_other(site, source, said):
    site.install("broken", source)
    site.install("weather")

    found = site.discover()

    assert [plugin.name for plugin in found.plugins] == ["weather"]
    (problem,) = found.problems
    assert said in problem.message
    assert "entry point 'broken' of distribution 'dist-broken'" in problem.message
    assert "uninstall dist-broken" in problem.remedy


def test_the_problem_of_an_import_names_the_line_and_keeps_the_traceback(site, caplog):
    site.install("broken", "1 / 0")

    with caplog.at_level(logging.DEBUG, logger="lakevisor.registry"):
        (problem,) = site.discover().problems

    lines = (site.folder / f"{site.modules[0]}.py").read_text().splitlines()
    assert f"{site.modules[0]}.py:{lines.index('1 / 0') + 1})" in problem.message
    assert isinstance(problem.__cause__, ZeroDivisionError)
    assert "Traceback" in caplog.text


def test_a_module_that_is_not_there_is_said_without_lines_of_the_import_system(site):
    site.install("weather")
    (site.folder / f"{site.modules[0]}.py").unlink()

    (problem,) = site.discover().problems
    assert problem.message.endswith(f"No module named '{site.modules[0]}'")


def test_ctrl_c_during_an_import_is_not_taken_for_a_broken_plugin(site):
    site.install("weather", "raise KeyboardInterrupt")

    with pytest.raises(KeyboardInterrupt):
        site.discover()


def test_a_name_that_two_distributions_claim_is_one_problem_that_names_both(site):
    site.install("weather", of="acme-weather")
    site.install("weather", of="other-weather")

    found = site.discover()

    assert found.plugins == ()
    (problem,) = found.problems
    assert "'acme-weather'" in problem.message
    assert "'other-weather'" in problem.message
    assert not set(site.modules) & set(sys.modules), "neither may run: which is right is unknown"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@hookimpl\ndef lakevisor_reviw_tool_call(call): ...", "lakevisor_review_tool_call"),
        ("def lakevisor_observe(event): ...", "not marked with @hookimpl"),
        ("@hookimpl\ndef lakevisor_observe(evnt): ...", "no argument 'evnt'. Did you mean event?"),
        ("", "implements no hook"),
    ],
)
def test_a_plugin_whose_hooks_are_not_hooks_is_a_problem(site, source, said):
    site.install("weather", source)

    found = site.discover()

    assert found.plugins == ()
    assert said in found.problems[0].message


def test_an_object_of_a_module_can_be_the_plugin(site):
    source = """
    class Plugin:
        @hookimpl
        def lakevisor_register_agent(self):
            return agent()

    plugin = Plugin()
    """
    site.install("weather", source, target=":plugin")

    (plugin,) = site.discover().plugins
    assert plugin.sub_agent.name == "weather"


def test_a_class_is_no_plugin(site):
    site.install("weather", "class Plugin: ...", target=":Plugin")

    (problem,) = site.discover().problems
    assert "is a class; name a module or an instance" in problem.message


def test_two_entry_points_cannot_name_the_same_plugin(site):
    site.install("weather")
    points = site.folder / "dist_weather-1.2.dist-info" / "entry_points.txt"
    points.write_text(f"[lakevisor]\nforecast = {site.modules[0]}\nweather = {site.modules[0]}\n")

    (problem,) = site.discover().problems
    assert "is already the plugin 'forecast'" in problem.message


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("@hookimpl\ndef lakevisor_register_agent(): 1 / 0", "ZeroDivisionError"),
        ("@hookimpl\ndef lakevisor_register_agent(): ...", "one SubAgent, not NoneType"),
        ("@hookimpl\ndef lakevisor_register_agent(): return [agent()]", "one SubAgent, not list"),
        (
            "@hookimpl\ndef lakevisor_register_agent(): return agent(name='wether')",
            "is named 'wether'; it must be 'weather'",
        ),
    ],
)
def test_a_plugin_with_an_unusable_sub_agent_keeps_its_other_hooks(site, source, said):
    site.install("weather", source)

    found = site.discover()

    assert found.problems == ()
    (plugin,) = found.plugins
    assert plugin.sub_agent is None
    assert said in plugin.problems[0].message
    assert found.all_problems == plugin.problems
