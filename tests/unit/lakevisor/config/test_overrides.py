"""What is typed into a variable or after --set becomes the value that was meant."""

import pytest

from lakevisor.config.origins import layered
from lakevisor.config.overrides import from_command_line, from_environment
from lakevisor.errors import ConfigurationError, InvalidConfiguration


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("0.5", 0.5),
        ("true", True),
        ("null", None),
        ("", None),
        ("[a, 2]", ["a", 2]),
        ("{a: 1}", {"a": 1}),
        ("'12'", "12"),
        ("plain text ", "plain text"),
        ("a=b", "a=b"),
        ("text # no comment", "text # no comment"),
        ("Note: be brief", "Note: be brief"),
        ("- one\n- two", "- one\n- two"),
        ("[not closed", "[not closed"),
    ],
)
def test_a_typed_value_is_yaml_where_it_clearly_is_and_text_otherwise(text, value):
    problems: list[ConfigurationError] = []
    (layer,) = from_command_line([f"a.b={text}"], problems)
    assert layer.descend(("a", "b"))[0].plain() == value
    assert problems == []


def test_a_variable_names_its_key_in_capitals():
    environment = {"LAKEVISOR__A__B_C": "1", "LAKEVISOR_WORKSPACE": "x", "PATH": "y"}
    (layer,) = from_environment(environment, [])
    assert layer.plain() == {"a": {"b_c": 1}}
    assert str(layer.origin) == "environment variable LAKEVISOR__A__B_C"


def test_a_variable_for_a_part_is_laid_over_one_for_the_whole():
    environment = {"LAKEVISOR__A__B": "2", "LAKEVISOR__A": "{b: 1, c: 1}"}
    assert layered(from_environment(environment, [])).plain() == {"a": {"b": 2, "c": 1}}


@pytest.mark.parametrize("override", ["model", "=1", "model.=1", "model..endpoint=1"])
def test_an_override_that_names_no_key_is_refused(override):
    problems: list[ConfigurationError] = []
    assert list(from_command_line([override], problems)) == []
    assert "is not of the form section.key=value" in problems[0].message


@pytest.mark.parametrize("variable", ["LAKEVISOR__", "LAKEVISOR__A____B"])
def test_a_variable_that_names_no_key_is_refused(variable):
    problems: list[ConfigurationError] = []
    assert list(from_environment({variable: "1"}, problems)) == []
    assert variable in problems[0].message


def test_what_looks_like_a_number_is_text_where_text_is_expected(load):
    configuration = load(
        overrides=["tracing.experiment=0123", "lakebase.instance_name=1e3"],
        environment={"LAKEVISOR__MODEL__ENDPOINT": "true"},
    )
    settings = configuration.settings
    assert settings.tracing.experiment == "0123"
    assert settings.lakebase.instance_name == "1e3"
    assert settings.model.endpoint == "true"
    assert str(configuration.origin_of("tracing.experiment")) == "--set tracing.experiment"


def test_the_same_number_in_a_file_asks_for_quotes(load):
    with pytest.raises(InvalidConfiguration, match="must be text, not 83; put it in quotes"):
        load("tracing: {experiment: 0123}")
