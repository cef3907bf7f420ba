"""The types of job parameters, and the one text in which a value of each reaches the job."""

from __future__ import annotations

import json
import math
import re
from datetime import date
from decimal import Decimal
from typing import Literal

ParameterType = Literal["string", "integer", "number", "boolean", "date"]

LONGEST = 10_000
"""Characters of a value; more than the API takes of all parameters together are never read."""

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]{1,19}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

WORDS: dict[ParameterType, str] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date as YYYY-MM-DD",
}
"""What a value of each type is, to stand after "must be"."""


def canonical(value: object, kind: ParameterType) -> str:
    """Return the text of a value, the same for all ways to write it.

    Models write numbers as text and text as numbers; what cannot be mistaken is taken.

    Raises:
        ValueError: the value is not of this type.
    """
    if isinstance(value, str) and len(value) > LONGEST:
        raise ValueError(f"must not be longer than {LONGEST} characters")
    text = _READERS[kind](value)
    if text is None:
        raise ValueError(f"must be {WORDS[kind]}")
    return text


def order(text: str, kind: ParameterType) -> Decimal | str:
    """Return what values of a type are compared by, given their canonical text."""
    return Decimal(text) if kind in ("integer", "number") else text


def _string(value: object) -> str | None:
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int | float):
        return _number(value)
    return value if isinstance(value, str) and _is_unicode(value) else None


def _is_unicode(text: str) -> bool:
    # JSON can write halves of surrogate pairs, which no request can carry.
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _integer(value: object) -> str | None:
    if isinstance(value, str) and _INTEGER.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # Whole numbers of jobs have 64 bits; Python's have no end.
    if isinstance(value, bool) or not isinstance(value, int) or not -(2**63) <= value < 2**63:
        return None
    return str(value)


def _number(value: object) -> str | None:
    if isinstance(value, bool):
        return None
    whole = _integer(value)
    if whole is not None:
        return whole
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
        return _integer(value) or _number(value)
    return repr(value) if isinstance(value, float) and math.isfinite(value) else None


def _boolean(value: object) -> str | None:
    text = json.dumps(value) if isinstance(value, bool) else value
    lower = text.strip().lower() if isinstance(text, str) else ""
    return lower if lower in ("true", "false") else None


def _date(value: object) -> str | None:
    # `fromisoformat` alone takes forms with weeks and without dashes as well.
    if not isinstance(value, str) or not _DATE.fullmatch(value.strip()):
        return None
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        return None


_READERS = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
