"""What the offered tools are for, in the words of the person who asks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from local_workspace.serving.arguments import list_parameter
from local_workspace.serving.chat import Tool

_SENTENCE = re.compile(r"(?<=[.!?])\s|\n\n")
_FOR_MODELS = re.compile(r",? when |,? so that |: ")
"""Begins what only tells a model when to call a tool."""
_TO_THE_PERSON = (("the person's", "your"), ("their own", "your own"), ("the person", "you"))


def catalogue(tools: Iterable[Tool]) -> str:
    """Return a line for each tool; one that only splits a request has none."""
    purposes = [f"- {_purpose(tool)}" for tool in tools if not list_parameter(tool)]
    return "\n".join(["What I can do here:", "", *purposes]) if purposes else ""


def _purpose(tool: Tool) -> str:
    """Return the first clause of a description, without what it tells a model."""
    sentence = " ".join(_SENTENCE.split(tool.description.strip())[0].split())
    clause = _FOR_MODELS.split(sentence)[0].rstrip(" .!?,")
    if "the person" in clause and not clause.startswith("When"):
        for theirs, yours in _TO_THE_PERSON:
            clause = clause.replace(theirs, yours)
    return f"{clause}." if clause else f"{tool.name.replace('_', ' ').capitalize()}."
