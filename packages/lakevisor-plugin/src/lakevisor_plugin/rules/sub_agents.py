"""Whether what a plugin says about itself can be used."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from langchain_core.runnables import Runnable
from pydantic import BaseModel

from lakevisor_plugin.sub_agent import SubAgent

RESERVED_NAMES = frozenset({"supervisor"})
"""The supervisor speaks under this name itself."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def sub_agent_problems(sub_agent: object, *, name: str) -> list[str]:
    """Return what is wrong with a sub-agent before it has settings.

    Args:
        sub_agent: what the plugin has returned.
        name: the entry point's name.
    """
    if not isinstance(sub_agent, SubAgent):
        given = type(sub_agent).__name__
        return [f"lakevisor_register_agent must return one SubAgent, not {given}."]
    return [
        *_name_problems(sub_agent, name),
        *_type_problems(sub_agent),
        *_way_of_working_problems(sub_agent),
    ]


def delegation_problems(words: object) -> list[str]:
    """Return what is wrong with what `delegate_when` is or made of the settings."""
    if isinstance(words, str) and words.strip():
        return []
    return ["delegate_when is empty; say when to hand over to this agent, and when not."]


def graph_problems(made: object) -> list[str]:
    """Return what is wrong with what `build_graph` made."""
    if isinstance(made, Runnable):
        return []
    return [f"build_graph made {type(made).__name__}, not a compiled LangGraph graph."]


def _name_problems(sub_agent: SubAgent[Any], name: str) -> Iterator[str]:
    if sub_agent.name != name:
        yield f"the sub-agent is named {sub_agent.name!r}; it must be {name!r}."
    elif not _NAME.fullmatch(name):
        yield "the name must be lower case letters, digits and '_', at most 40, a letter first."
    elif name in RESERVED_NAMES:
        yield f"the name {name!r} is Lakevisor's own; choose another."


def _type_problems(sub_agent: SubAgent[Any]) -> Iterator[str]:
    model = sub_agent.settings
    # BaseModel itself has no fields to validate, and pydantic refuses to make one.
    if model is BaseModel or not (inspect.isclass(model) and issubclass(model, BaseModel)):
        yield "settings must be a class that extends pydantic.BaseModel."
    if not callable(sub_agent.delegate_when):
        yield from delegation_problems(sub_agent.delegate_when)
    for field in ("resources", "check"):
        if not callable(getattr(sub_agent, field)):
            yield f"{field} must be a function."
    for field in ("settle", "follow", "find"):
        if getattr(sub_agent, field) is not None and not callable(getattr(sub_agent, field)):
            yield f"{field} must be an asynchronous function."
    if sub_agent.download is not None and not inspect.isasyncgenfunction(sub_agent.download):
        yield "download must be an asynchronous function that yields."
    for field in ("shortcuts", "effects", "actions"):
        names = getattr(sub_agent, field)
        if isinstance(names, str):
            yield f"{field} must be a list of tools' names, not the text {names!r}."


def _way_of_working_problems(sub_agent: SubAgent[Any]) -> Iterator[str]:
    if sub_agent.build_tools is None and sub_agent.build_graph is None:
        yield "it has neither build_tools nor build_graph; it needs one of them."
    elif sub_agent.build_tools is not None and sub_agent.build_graph is not None:
        yield "it has both build_tools and build_graph; it needs one of them."
    elif sub_agent.build_graph is not None:
        if sub_agent.prompt or sub_agent.shortcuts or sub_agent.effects or sub_agent.actions:
            yield (
                "prompt, shortcuts, effects and actions belong to build_tools; with build_graph "
                "they do nothing."
            )
    elif not sub_agent.prompt.strip():
        yield "the prompt is empty."
    if sub_agent.settle is not None and not sub_agent.effects:
        yield "settle is never asked: effects names no tool."
