"""The condition task: compares two values and lets tasks depend on the answer."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "EQUAL_TO": operator.eq,
    "NOT_EQUAL": operator.ne,
    "GREATER_THAN": operator.gt,
    "GREATER_THAN_OR_EQUAL": operator.ge,
    "LESS_THAN": operator.lt,
    "LESS_THAN_OR_EQUAL": operator.le,
}


def evaluate(condition: Mapping[str, str]) -> bool:
    """Return whether a condition holds; only equality compares text, all else numbers.

    Raises:
        ValueError: a number is needed and a value is none.
    """
    left, right = condition["left"], condition["right"]
    compare = OPERATORS[condition["op"]]
    if condition["op"] in ("EQUAL_TO", "NOT_EQUAL"):
        return compare(left, right)
    return compare(float(left), float(right))
