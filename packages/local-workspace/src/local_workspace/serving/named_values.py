"""Values that a person gives by name: `with region ASIA`, `region=ASIA`, `region: "ASIA"`."""

from __future__ import annotations

import re
from collections.abc import Iterable

_DESCRIBED = re.compile(r"(?:\bParameters:|(?<=\)),)\s*([A-Za-z_][\w-]*) \(([^()]*)\)")
"""A parameter in a description: `Parameters: days (a whole number), region (one of ...)`."""
_VALUE = re.compile(r"\s*(?:[\"“'`]([^\"”'`]+)[\"”'`]|([^\s,;]+)(?: +([^\s,;]+))?)")
_END = ".,;!?"


def named_values(text: str, descriptions: Iterable[str]) -> dict[str, str]:
    """Return the parameters that a text names, with their values.

    Args:
        text: what was asked for.
        descriptions: those of a tool's parameters; only a parameter that stands in them counts.
    """
    found = {}
    for name, meaning in _DESCRIBED.findall("\n".join(descriptions)):
        said = re.search(
            rf"\b{name}\s*[=:]|(?:\b(?:with|and)\s+(?:an?\s+|the\s+)?|,\s*){name}\s+(?:of\s+|is\s+)?",
            text,
            re.IGNORECASE,
        )
        value = _VALUE.match(text, said.end()) if said else None
        if value:
            found[name] = value[1] or _as_described(value[2], value[3], meaning)
    return found


def _as_described(word: str, following: str | None, meaning: str) -> str:
    """Return a value of one or two words, written as the description writes it if it has it."""
    for value in (f"{word} {following}".rstrip(_END), word.rstrip(_END)):
        if known := re.search(rf"(?<!\w){re.escape(value)}(?!\w)", meaning, re.IGNORECASE):
            return known[0]
    return word.rstrip(_END)
