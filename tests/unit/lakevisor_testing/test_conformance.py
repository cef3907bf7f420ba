"""Plugins that keep the contract, and plugins that do not."""

import pytest

from lakevisor_testing import assert_conforms, check_plugin

SOUND = '''
from lakevisor_plugin import SubAgent, hookimpl
from langchain_core.tools import tool
from pydantic import BaseModel


class Settings(BaseModel):
    station: str


@tool
def forecast(day: str) -> str:
    """Tell the weather of a day."""
    return day


def build_tools(settings):
    return [forecast]


@hookimpl
def lakevisor_register_agent():
    return SubAgent(
        name="weather",
        delegate_when="For the weather.",
        settings=Settings,
        prompt="Be brief.",
        build_tools=build_tools,
    )
'''
SETTINGS = {"station": "Delft"}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a module as the plugin `weather`."""
    monkeypatch.syspath_prepend(tmp_path)

    def _install(source):
        (tmp_path / "weather_plugin.py").write_text(source, encoding="utf-8")
        metadata = tmp_path / "weather_plugin-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: weather\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("[lakevisor]\nweather = weather_plugin\n")

    return _install


@pytest.mark.parametrize("called", ["weather", "weather_plugin"])
def test_a_sound_plugin_conforms_by_name_and_by_module(install, called):
    install(SOUND)

    assert_conforms(called, settings=SETTINGS)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("from pydantic", "import langgraph\nfrom pydantic", "importing it imports langgraph"),
        ("from pydantic", "import nothing_here\nfrom pydantic", "import failed: ModuleNotFound"),
        ("@hookimpl", "", "not marked with @hookimpl"),
        ('name="weather"', 'name="wether"', "it must be 'weather'"),
        ("return [forecast]", "return []", "build_tools made no tool"),
        ("return [forecast]", "raise SystemExit(3)", "build_tools failed: SystemExit: 3"),
        ("return SubAgent(", "print('[]'); return list(", "lakevisor_register_agent failed"),
    ],
)
def test_what_is_broken_is_said(install, old, new, said):
    install(SOUND.replace(old, new, 1))

    assert said in " ".join(check_plugin("weather", SETTINGS))


@pytest.mark.parametrize("where", ["@tool", "    return [forecast]"])
def test_a_connection_before_a_turn_is_seen_even_if_the_plugin_hides_it(install, where):
    indent = where[: len(where) - len(where.lstrip())]
    hidden = (
        f"{indent}import socket\n{indent}try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        f"{indent}except OSError: pass\n"
    )
    install(SOUND.replace(where, hidden + where, 1))

    assert any("before any turn" in problem for problem in check_plugin("weather", SETTINGS))


def test_a_connection_before_a_turn_is_refused(install):
    install(f"import socket\nsocket.create_connection(('127.0.0.1', 9), 1)\n{SOUND}")

    refused = "import failed: ConnectionRefusedError: A plugin connects to nothing before a turn."
    assert refused in check_plugin("weather", SETTINGS)


def test_a_plugin_that_ends_the_interpreter_is_a_finding(install):
    install("import os, sys; sys.stderr.write('farewell'); sys.stderr.flush(); os._exit(3)")

    (problem,) = check_plugin("weather")
    assert problem == "weather_plugin ended the interpreter: farewell"


def test_settings_that_do_not_fit_are_said(install):
    install(SOUND)

    (problem,) = check_plugin("weather")
    assert "the settings that the test gives do not fit: station: Field required" in problem


def test_a_plugin_that_is_not_installed_is_said():
    (problem,) = check_plugin("no_such_plugin")
    assert "is the plugin's distribution installed?" in problem


def test_the_assertion_lists_every_problem(install):
    install(SOUND.replace('"Be brief."', '" "').replace('"For the weather."', '""'))

    with pytest.raises(AssertionError) as caught:
        assert_conforms("weather", settings=SETTINGS)

    assert str(caught.value).splitlines() == [
        "The plugin 'weather' does not keep the contract:",
        "- delegate_when is empty; say when to hand over to this agent, and when not.",
        "- the prompt is empty.",
    ]
