"""What travels with a deployment, and how."""

import pytest

from lakevisor.deploy.distributions import Origin, active_plugins, travelling
from lakevisor.registry import discover

REVIEWER = """
from lakevisor_plugin import hookimpl


@hookimpl
def lakevisor_review_tool_call(call):
    return None
"""


def of_weather():
    plugins = active_plugins(discover(), ["weather"])
    return {each.name: each for each in travelling(plugins)}


def test_lakevisor_always_travels_with_the_contract_and_all_they_require():
    names = {each.name: each for each in travelling([])}

    assert {"lakevisor", "lakevisor-plugin", "mlflow", "httpx"} <= set(names)
    assert not {"lakevisor-genie", "lakevisor-jobs", "databricks-agents"} & set(names)


def test_what_is_being_worked_on_is_built_from_its_source(third_party):
    third_party.install_editable()
    weather = of_weather()["their-weather"]

    assert (weather.origin, weather.source) == (Origin.SOURCE, third_party.source)
    assert weather.is_wheel


def test_what_came_from_a_folder_is_packed_as_it_is_installed(third_party):
    third_party.install_from_folder()

    assert of_weather()["their-weather"].origin is Origin.INSTALLED


def test_what_an_index_has_is_a_requirement(third_party):
    third_party.install_from_index()
    weather = of_weather()["their-weather"]

    assert (weather.origin, weather.version, weather.is_wheel) == (Origin.INDEX, "1.2", False)


def test_what_is_required_on_other_systems_alone_stays_here(third_party):
    third_party.install_from_index()

    assert "left-out" not in of_weather()


@pytest.mark.parametrize("enabled", [True, False])
def test_an_agent_is_active_where_it_is_enabled(third_party, enabled):
    third_party.install_from_index()
    active = active_plugins(discover(), ["weather"] if enabled else [])

    assert [plugin.name for plugin in active] == (["weather"] if enabled else [])


def test_a_reviewer_is_active_wherever_it_is_installed(third_party):
    third_party.install_from_index()
    (third_party.site / "their_weather" / "__init__.py").write_text(REVIEWER)

    assert [plugin.name for plugin in active_plugins(discover(), [])] == ["weather"]
