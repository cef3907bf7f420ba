"""What holds for the whole process of the tests."""

from __future__ import annotations

import os


def pytest_configure() -> None:
    """Let only known types out of checkpoints, as in every process of ours.

    LangGraph reads the variable once, at its import, and some test module imports it first.
    """
    os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"
