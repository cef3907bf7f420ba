"""Whether a plugin keeps the contract, seen from outside: one line in its author's tests.

The plugin is loaded in a fresh interpreter without a network, so that what it does at import is
seen whatever the tests before it have imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from lakevisor_plugin import PROJECT

_SECONDS = 120
_TAIL = 2_000


def check_plugin(plugin: str, settings: Mapping[str, Any] | None = None) -> Sequence[str]:
    """Return every rule of the contract that an installed plugin breaks, a sentence each.

    Args:
        plugin: the name of its entry point, or what the entry point names: `package.module`.
        settings: valid settings as they would stand under `agents.<name>`, JSON values; tools
            and prompt are checked as these settings make them.
    """
    found = _find(plugin)
    if found is None:
        text = f"no entry point of the group {PROJECT!r} is named {plugin!r} or points to it"
        return [f"{text}; is the plugin's distribution installed?"]
    asked = {"name": found.name, "value": found.value, "settings": dict(settings or {})}
    try:
        done = subprocess.run(
            [sys.executable, "-m", "lakevisor_testing.probe"],
            input=json.dumps(asked),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(each or "." for each in sys.path)},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"{found.value} did not load and build its tools within {_SECONDS} seconds."]
    if done.returncode != 0:
        return [f"{found.value} ended the interpreter: {done.stderr[-_TAIL:].strip()}"]
    problems: list[str] = json.loads(done.stdout)
    return problems


def assert_conforms(plugin: str, settings: Mapping[str, Any] | None = None) -> None:
    """Fail the test with every rule that the plugin breaks; takes what `check_plugin` takes."""
    __tracebackhide__ = True
    problems = check_plugin(plugin, settings)
    if problems:
        lines = "\n".join(f"- {problem}" for problem in problems)
        raise AssertionError(f"The plugin {plugin!r} does not keep the contract:\n{lines}")


def _find(plugin: str) -> EntryPoint | None:
    installed = entry_points(group=PROJECT)
    by_name = (each for each in installed if each.name == plugin)
    by_value = (each for each in installed if plugin in (each.value, each.module))
    return next(by_name, None) or next(by_value, None)
