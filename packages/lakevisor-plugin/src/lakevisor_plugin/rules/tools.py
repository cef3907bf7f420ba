"""Whether a model can be given an agent's tools: names, descriptions, schemas, shortcuts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool

from lakevisor_plugin.rules.nearest import hint

HAND_OFF_PREFIX = "transfer_to_"
"""What the names of the supervisor's own delegation tools begin with."""
MORE_TO_DO = "more_to_do"
"""The parameter that the supervisor adds to shortcuts; no tool may have one of its own."""
DESCRIBE = "describe"
"""The action that the host answers itself: what there is."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def tool_problems(
    made: object,
    shortcuts: Sequence[str],
    effects: Sequence[str] = (),
    *,
    actions: Sequence[str] = (),
) -> list[str]:
    """Return what is wrong with the tools of one agent.

    Args:
        made: what `build_tools` returned.
        shortcuts: the agent's shortcuts.
        effects: the agent's tools with an effect.
        actions: the agent's tools that programs may call.
    """
    if not isinstance(made, Sequence):
        return [f"build_tools made {type(made).__name__}, not a list of tools."]
    others = [type(each).__name__ for each in made if not isinstance(each, BaseTool)]
    if others:
        return [f"build_tools made {', '.join(others)} where LangChain tools must be."]
    if not made:
        return ["build_tools made no tool."]
    return [
        *_name_problems([tool.name for tool in made], shortcuts),
        *_named_problems([tool.name for tool in made], "effects", effects),
        *_named_problems([tool.name for tool in made], "actions", actions),
        *_reserved_problems(actions),
        *(problem for tool in made for problem in _problems_of(tool)),
    ]


def _name_problems(names: Sequence[str], shortcuts: Sequence[str]) -> Iterator[str]:
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"it has {names.count(name)} tools of the name {name!r}."
    for shortcut in shortcuts:
        if shortcut not in names:
            yield f"the shortcut {shortcut!r} is no tool of it. {hint(shortcut, names)}"
    if len(set(shortcuts)) < len(shortcuts):
        yield "a shortcut is named twice."


def _named_problems(names: Sequence[str], field: str, given: Sequence[str]) -> Iterator[str]:
    for name in given:
        if name not in names:
            yield f"{field} names {name!r}, which is no tool of it. {hint(name, names)}"


def _reserved_problems(actions: Sequence[str]) -> Iterator[str]:
    if DESCRIBE in actions:
        yield f"actions names {DESCRIBE!r}, which is Lakevisor's own; rename the tool."


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
        elif not schema.get("description") and name not in re.findall(r"\w+", description):
            yield f"{about} does not describe its parameter {name!r}."
