"""What holds for the whole process of the tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


def pytest_configure() -> None:
    """Let only known types out of checkpoints, as in every process of ours.

    LangGraph reads the variable once, at its import, and some test module imports it first.
    """
    os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"


@pytest.fixture(scope="module", autouse=True)
def no_login_left_behind() -> Iterator[None]:
    """Take out of the environment what MLflow and databricks-agents put there to log in."""
    before = {name for name in os.environ if name.startswith("DATABRICKS_")}
    yield
    for name in [each for each in os.environ if each.startswith("DATABRICKS_")]:
        if name not in before:
            del os.environ[name]
