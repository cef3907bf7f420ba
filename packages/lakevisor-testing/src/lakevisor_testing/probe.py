"""What `check_plugin` runs in a fresh interpreter: JSON in on stdin, JSON out on stdout."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from typing import Any

from pydantic import ValidationError

from lakevisor_plugin import PROJECT, Resource, SubAgent
from lakevisor_plugin.rules import (
    delegation_problems,
    graph_problems,
    hook_problems,
    registration,
    sub_agent_problems,
    tool_problems,
)

SLOW_OR_FOREIGN = {
    "databricks_langchain": "it takes seconds; import it in the function that needs it",
    "langgraph": "it is slow; import it in build_graph",
    "mlflow": "it takes seconds, and tracing is the host's",
    "lakevisor": "a plugin knows only lakevisor_plugin",
}
"""What importing a plugin must not import, and why."""
_NETWORK = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname"})


class Failed(Exception):
    """The plugin raised, so nothing more can be seen."""


def main() -> None:
    """Check the plugin that stdin names."""
    asked = json.load(sys.stdin)
    # What the plugin prints must not stand between the answer's brackets.
    with contextlib.redirect_stdout(sys.stderr):
        problems = probe(asked["value"], name=asked["name"], settings=asked["settings"])
    json.dump(problems, sys.stdout)


def probe(value: str, *, name: str, settings: Mapping[str, Any]) -> list[str]:
    """Return the rules that a plugin breaks; closes this process's network for good."""
    attempts: list[str] = []
    _close_network(attempts)
    problems: list[str] = []
    try:
        problems += _problems(value, name, settings)
    except Failed as error:
        problems.append(str(error))
    return problems + attempts


def _problems(value: str, name: str, settings: Mapping[str, Any]) -> Iterator[str]:
    plugin = _run("import", EntryPoint(name=name, value=value, group=PROJECT).load)
    for module, why in SLOW_OR_FOREIGN.items():
        if module in sys.modules:
            yield f"importing it imports {module}: {why}."
    yield from hook_problems(plugin)
    register = registration(plugin)
    if register is None:
        return
    sub_agent = _run("lakevisor_register_agent", register)
    found = sub_agent_problems(sub_agent, name=name)
    yield from found
    if not found:
        yield from _problems_with_settings(sub_agent, settings)


def _problems_with_settings(sub_agent: SubAgent[Any], given: Mapping[str, Any]) -> Iterator[str]:
    try:
        settings = sub_agent.settings.model_validate(given)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            key = ".".join(map(str, each["loc"]))
            yield f"the settings that the test gives do not fit: {key}: {each['msg']}."
        return
    if callable(sub_agent.delegate_when):
        yield from delegation_problems(_run("delegate_when", sub_agent.delegate_when, settings))
    if sub_agent.build_tools is not None:
        made = _run("build_tools", sub_agent.build_tools, settings)
        yield from tool_problems(
            made, sub_agent.shortcuts, sub_agent.effects, actions=sub_agent.actions
        )
    if sub_agent.build_graph is not None:
        yield from graph_problems(_run("build_graph", sub_agent.build_graph, settings))
    resources = _run("resources", sub_agent.resources, settings)
    if not all(isinstance(each, Resource) for each in resources):
        yield "resources must return a list of Resource."


def _run(what: str, function: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return function(*arguments)
    # Foreign code that is on trial here: whatever it raises is the finding.
    except (Exception, SystemExit) as error:
        raise Failed(f"{what} failed: {type(error).__name__}: {error}") from error


def _close_network(attempts: list[str]) -> None:
    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _NETWORK:
            where = arguments[1] if event == "socket.connect" else arguments[0]
            attempts.append(f"it connects to {where} before any turn; connect in the tool.")
            raise ConnectionRefusedError("A plugin connects to nothing before a turn.")

    sys.addaudithook(refuse)


if __name__ == "__main__":
    main()
