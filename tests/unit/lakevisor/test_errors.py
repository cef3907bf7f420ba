"""Each error speaks to a person and to an operator, and ends the command with its own code."""

import inspect

import pytest

from lakevisor import errors
from lakevisor.errors import (
    EmptyRequest,
    InvalidConfiguration,
    InvalidThreadId,
    LakevisorError,
    MissingValue,
    ModelError,
    NotAuthenticated,
    PluginError,
    WorkspaceUnreachable,
)

ALL = [
    error
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, LakevisorError)
]
CODES = {
    "ConfigurationError": 2,
    "PluginError": 3,
    "WorkspaceError": 4,
    "LakebaseError": 5,
    "RequestError": 6,
    "TurnError": 7,
    "DeploymentError": 8,
}


@pytest.mark.parametrize("error", ALL)
def test_each_error_is_drawn_in_the_tree(error):
    assert f" {error.__name__} " in f" {(errors.__doc__ or '')} ".replace("\n", " ")


@pytest.mark.parametrize("error", ALL)
def test_each_error_has_the_exit_code_of_its_branch(error):
    branch = next((CODES[base.__name__] for base in error.__mro__ if base.__name__ in CODES), 1)
    assert error.exit_code == branch


def test_the_docstring_is_the_default_message():
    assert str(EmptyRequest()) == "The question is empty."


def test_facts_stand_in_the_message_and_as_attributes():
    error = WorkspaceUnreachable(host="https://a.com")
    assert error.message == "The Databricks workspace does not answer (workspace 'https://a.com')."
    assert error.host == "https://a.com"


def test_a_report_ends_with_what_to_do_next():
    assert NotAuthenticated(remedy="Log in again.").report().endswith("\nLog in again.")
    assert ModelError("No.", remedy="").report() == "No."


def test_a_plugin_error_names_who_is_to_blame():
    error = PluginError("it has no prompt.", distribution="my-dist", entry_point="weather")
    assert str(error) == "entry point 'weather' of distribution 'my-dist': it has no prompt."


def test_several_problems_are_one_error():
    problems = [MissingValue("a", where="x:1"), MissingValue("b", where="x:2")]
    error = InvalidConfiguration(problems, about="the configuration")
    assert error.problems == tuple(problems)
    assert str(error).splitlines()[0] == "2 problems in the configuration:"
    assert len(str(error).splitlines()) == 3


def test_a_long_thread_id_is_not_repeated_in_full():
    assert len(str(InvalidThreadId("x" * 1_000_000))) < 200
