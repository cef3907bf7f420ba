"""Prompts come from files of a package."""

import sys

import pytest

from lakevisor_plugin import read_prompt


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Make a package `prompted` in a folder on the path."""
    folder = tmp_path / "prompted"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    sys.modules.pop("prompted", None)


def test_a_prompt_is_read_without_the_space_around_it(package):
    (package / "prompt.md").write_text("\nGrüße kurz.\n\n", encoding="utf-8")

    assert read_prompt("prompted") == "Grüße kurz."


def test_a_prompt_may_have_another_name(package):
    (package / "router.md").write_text("Route.")

    assert read_prompt("prompted", "router.md") == "Route."


def test_a_prompt_that_was_not_packed_is_an_error(package):
    with pytest.raises(FileNotFoundError):
        read_prompt("prompted")
