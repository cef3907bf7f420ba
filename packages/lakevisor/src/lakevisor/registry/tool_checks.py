"""Whether a model can be given a tool: a name, a description, a schema, no clash."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from lakevisor.config import nearest_name

HAND_OFF_PREFIX = "transfer_to_"
"""What the names of the supervisor's own delegation tools begin with."""
MORE_TO_DO = "more_to_do"
"""The parameter that the supervisor adds to shortcuts; no tool may have one of its own."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tool_problems(tools: Sequence[BaseTool], shortcuts: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the tools of one agent, a sentence each."""
    names = [tool.name for tool in tools]
    if not tools:
        yield "build_tools made no tool."
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"it has {names.count(name)} tools of the name {name!r}."
    for tool in tools:
        yield from _problems_of(tool)
    for shortcut in shortcuts:
        if shortcut not in names:
            nearest = nearest_name(shortcut, names)
            hint = f"Did you mean {nearest!r}?" if nearest else f"Its tools: {', '.join(names)}."
            yield f"the shortcut {shortcut!r} is no tool of it. {hint}"
    if len(set(shortcuts)) < len(shortcuts):
        yield "a shortcut is named twice."


def clashes(tools: Mapping[str, Sequence[BaseTool]]) -> Iterator[tuple[str, list[str]]]:
    """Yield the names of tools that more than one agent has, each with its agents."""
    agents: dict[str, list[str]] = defaultdict(list)
    for agent in sorted(tools):
        for name in sorted({tool.name for tool in tools[agent]}):
            agents[name].append(agent)
    for name in sorted(agents):
        if len(agents[name]) > 1:
            yield name, agents[name]


def _problems_of(tool: BaseTool) -> Iterator[str]:
    about = f"the tool {tool.name!r}"
    if not _NAME.fullmatch(tool.name):
        yield f"{about} must have a name of letters, digits, '_' and '-', at most 64."
    if tool.name.startswith(HAND_OFF_PREFIX):
        yield f"{about} begins with {HAND_OFF_PREFIX!r}, as the supervisor's hand-offs do."
    if not tool.description.strip():
        yield f"{about} has no description; write a docstring for the model."
    try:
        specification = convert_to_openai_tool(tool)
    # Schemas are made of foreign annotations, and pydantic has many ways to refuse one.
    except Exception as error:  # noqa: BLE001 - an isolation point
        yield f"{about} has no JSON schema: {error}"
        return
    yield from _parameter_problems(about, tool.description, specification)


def _parameter_problems(
    about: str, description: str, specification: Mapping[str, Any]
) -> Iterator[str]:
    properties = specification["function"].get("parameters", {}).get("properties", {})
    for name, schema in properties.items():
        if name == MORE_TO_DO:
            yield f"{about} has a parameter {name!r}, which the supervisor adds itself."
        # A docstring that is not parsed into the schema stands in the description as a whole.
        elif not schema.get("description") and not re.search(
            rf"\b{re.escape(name)}\b", description
        ):
            yield f"{about} does not describe its parameter {name!r}."
