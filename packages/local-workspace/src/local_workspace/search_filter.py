"""MLflow's search language: `metrics.accuracy > 0.9 AND tags.model = 'x'`, and its order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from local_workspace.errors import InvalidParameter

Facts = Mapping[str, Mapping[str, Any]]
"""What is compared of an object: `attributes`, `tags`, `params`, `metrics`, each by key."""
T = TypeVar("T")

_SHORT = {
    "attribute": "attributes",
    "attr": "attributes",
    "trace": "attributes",
    "tag": "tags",
    "param": "params",
    "parameter": "params",
    "parameters": "params",
    "metric": "metrics",
    "request_metadata": "metadata",
}
_CLAUSE = re.compile(
    r"""\s*(?:(?P<kind>\w+)\.)?(?P<key>`[^`]+`|"[^"]+"|[\w.-]+)\s*
    (?P<compared><=|>=|!=|=|<|>|NOT\s+IN|IN|NOT\s+LIKE|LIKE|ILIKE|IS\s+NOT\s+NULL|IS\s+NULL)\s*
    (?P<value>\((?:[^)']|'[^']*')*\)|'(?:[^']|'')*'|"[^"]*"|-?[\d.]+(?:e-?\d+)?|true|false)?\s*
    (?:AND\b|$)""",
    re.IGNORECASE | re.VERBOSE,
)
_QUOTED = re.compile(r"'((?:[^']|'')*)'|\"([^\"]*)\"|(-?[\d.]+)")
_ORDER = re.compile(
    r"""\s*(?:(?P<kind>\w+)\.)?(?P<key>`[^`]+`|"[^"]+"|[\w.-]+)(?:\s+(?P<way>ASC|DESC))?\s*""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, kw_only=True)
class _Clause:
    """One comparison."""

    kind: str
    key: str
    compared: str
    value: Any

    def fits(self, facts: Facts) -> bool:
        found = facts.get(self.kind, {}).get(self.key)
        if self.compared.startswith("IS"):
            return (found is None) == (self.compared == "IS NULL")
        if found is None:
            return False
        if self.compared in ("<", ">", "<=", ">="):
            return _ordered(self.compared, found, self.value)
        return _COMPARED[self.compared](str(found), self.value)


def _ordered(compared: str, found: Any, value: str) -> bool:
    try:
        left, right = float(found), float(value)
    except ValueError as error:
        raise InvalidParameter(f"{value!r} is no number to compare with {compared}") from error
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[
        compared
    ]


def _like(found: str, pattern: str, flags: int = 0) -> bool:
    parts = [{"%": ".*", "_": "."}.get(char, re.escape(char)) for char in pattern]
    return re.fullmatch("".join(parts), found, flags | re.DOTALL) is not None


def _same(found: str, value: str) -> bool:
    # numbers are written in more than one way, true is "true" or "True"
    try:
        return found == value or float(found) == float(value)
    except ValueError:
        return found.lower() == value.lower() if value in ("true", "false") else False


_COMPARED: Mapping[str, Callable[[str, Any], bool]] = {
    "=": _same,
    "!=": lambda found, value: not _same(found, value),
    "LIKE": _like,
    "NOT LIKE": lambda found, value: not _like(found, value),
    "ILIKE": lambda found, value: _like(found, value, re.IGNORECASE),
    "IN": lambda found, values: found in values,
    "NOT IN": lambda found, values: found not in values,
}


def filtered(objects: Iterable[T], filter_: str | None, facts_of: Callable[[T], Facts]) -> list[T]:
    """Return the objects that a filter fits.

    Raises:
        InvalidParameter: the filter is none that this workspace understands.
    """
    clauses = _parsed(filter_ or "")
    return [
        each
        for each in objects
        if all(clause.fits(facts) for facts in [facts_of(each)] for clause in clauses)
    ]


def ordered(objects: Iterable[T], by: Sequence[str], facts_of: Callable[[T], Facts]) -> list[T]:
    """Return the objects in an order; what lacks the key stands at the end.

    Raises:
        InvalidParameter: the order is none that this workspace understands.
    """
    found = list(objects)
    for term in reversed(by):
        match = _ORDER.fullmatch(term)
        if match is None:
            raise InvalidParameter(f"Invalid order_by clause '{term}'.")
        kind, key = _named(match)
        descends = (match["way"] or "ASC").upper() == "DESC"
        valued: list[tuple[Any, T]] = [
            (facts_of(each).get(kind, {}).get(key), each) for each in found
        ]
        there = sorted(
            (pair for pair in valued if pair[0] is not None),
            key=lambda pair: pair[0],
            reverse=descends,
        )
        found = [each for _, each in [*there, *(pair for pair in valued if pair[0] is None)]]
    return found


def page(objects: Sequence[T], *, token: object, size: int) -> tuple[list[T], dict[str, str]]:
    """Return the objects from a token on, and what the answer says about the next page."""
    start = int(str(token)) if str(token or "").isdecimal() else 0
    end = start + size
    return list(objects[start:end]), {"next_page_token": str(end)} if end < len(objects) else {}


def _parsed(filter_: str) -> list[_Clause]:
    clauses, position = [], 0
    while filter_[position:].strip():
        match = _CLAUSE.match(filter_, position)
        if match is None:
            raise InvalidParameter(f"Invalid filter '{filter_}' at '{filter_[position:]}'.")
        kind, key = _named(match)
        compared = " ".join(match["compared"].upper().split())
        clauses.append(_Clause(kind=kind, key=key, compared=compared, value=_value(match, filter_)))
        position = match.end()
    return clauses


def _named(match: re.Match[str]) -> tuple[str, str]:
    kind = (match["kind"] or "attributes").lower()
    return _SHORT.get(kind, kind), match["key"].strip('`"')


def _value(match: re.Match[str], filter_: str) -> Any:
    compared, value = match["compared"].upper(), match["value"]
    if compared.startswith("IS"):
        return None
    if value is None or value.startswith("(") != compared.endswith("IN"):
        raise InvalidParameter(f"Invalid filter '{filter_}': a value is missing.")
    if value.startswith("("):
        return [one or other or number for one, other, number in _QUOTED.findall(value)]
    return value[1:-1].replace("''", "'") if value[0] in "'\"" else value
