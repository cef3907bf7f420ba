"""docs/command-line.md and `--help` say what is."""

import inspect
import re
from pathlib import Path

import pytest

from lakevisor import errors

TEXT = (Path(__file__).parents[4] / "docs" / "command-line.md").read_text(encoding="utf-8")
CODES = {0, 130} | {
    error.exit_code
    for _, error in inspect.getmembers(errors, inspect.isclass)
    if issubclass(error, errors.LakevisorError)
}


def test_each_exit_code_is_documented():
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", TEXT, re.MULTILINE)} == CODES


def test_the_help_names_each_exit_code(lakevisor):
    listed = lakevisor("--help").stdout.partition("Exit codes:")[2]
    assert {int(code) for code in re.findall(r"^ +(\d+) ", listed, re.MULTILINE)} == CODES


@pytest.mark.parametrize(
    "command", ["chat", "ask", "config", "plugins", "db", "operations", "serve", "deploy", "doctor"]
)
def test_each_command_has_its_section(lakevisor, command):
    assert re.search(rf"^  {command} ", lakevisor("--help").stdout, re.MULTILINE)
    assert f"\n## lakevisor {command}" in TEXT
