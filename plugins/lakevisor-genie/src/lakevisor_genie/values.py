"""Values as the warehouse sends them, as text, and what they are: for Python, JSON and people."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from pydantic import JsonValue

Value: TypeAlias = bool | int | float | Decimal | date | datetime | str | None
"""A cell. A text of a known type that cannot be read as such stays the text that it is."""

MAX_CELL_CHARS = 200
"""The most characters of a cell that people are shown."""
_MAX_TEXT_CHARS = 10_000
"""The most characters of a cell that are kept."""
_MARKDOWN = re.compile(r"([\\|*`\[\]<])")
_EXACT = 2**53
"""Up to here a double holds each whole number."""
_READABLE = (1e-6, 1e15)
"""Between these a floating-point number is written without an exponent."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a result."""

    name: str
    """Its name."""
    type_name: str
    """Its SQL type without details: `DECIMAL`, `STRING`."""
    type_text: str = ""
    """Its SQL type as the warehouse writes it: `DECIMAL(18,2)`."""

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type_name in _NUMBERS


def read_value(text: str | None, column: Column) -> Value:
    """Return a value of the column's type; null is None."""
    if text is None:
        return None
    read = _READERS.get(column.type_name)
    if read is None:
        return _kept(text)
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        # A year beyond 9999, say: the warehouse has more values than Python has.
        return _kept(text)


def json_value(value: Value) -> JsonValue:
    """Return a value for programs.

    Numbers are numbers where each client reads them exactly as they are, else text: a JSON number
    is a double for most of them, and would lose digits. Dates and times are ISO 8601.
    """
    match value:
        case None | bool() | str():
            return value
        case int():
            return value if abs(value) <= _EXACT else str(value)
        case float():
            return value if value - value == 0 else str(value)
        case Decimal():
            return _json_decimal(value)
        case _:
            return value.isoformat()


def shown(value: Value, *, zone: tzinfo = UTC, is_grouped: bool = True) -> str:
    """Return a value for a person: true to the last digit, and safe inside a Markdown table.

    Args:
        value: the value; a missing one is a dash.
        zone: the time zone in which a moment is shown.
        is_grouped: whether numbers have thousands separators.
    """
    comma = "," if is_grouped else ""
    match value:
        case None:
            return "—"
        case bool():
            return str(value).lower()
        case int():
            return format(value, f"{comma}d")
        case float() if value == 0 or _READABLE[0] <= abs(value) < _READABLE[1]:
            return format(Decimal(repr(value)), f"{comma}f")
        case float():
            return str(value)
        case Decimal():
            return format(value, f"{comma}f") if value.is_finite() else str(value)
        case datetime():
            return _moment(value, zone)
        case date():
            return value.isoformat()
        case _:
            return escaped(value)


def escaped(text: str) -> str:
    """Return a text on one line, with its markup shown instead of obeyed, cut if it is long."""
    line = " ".join(text.split())
    short = line if len(line) <= MAX_CELL_CHARS else f"{line[: MAX_CELL_CHARS - 1]}…"
    return _MARKDOWN.sub(r"\\\1", short)


def _kept(text: str) -> str:
    if len(text) <= _MAX_TEXT_CHARS:
        return text
    return f"{text[:_MAX_TEXT_CHARS]}… ({len(text):,} characters)"


def _json_decimal(value: Decimal) -> JsonValue:
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and abs(value) <= _EXACT:
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    as_float = float(value)
    return as_float if Decimal(repr(as_float)) == value else format(value, "f")


def _moment(value: datetime, zone: tzinfo) -> str:
    if value.tzinfo is None:
        return _without_zeros(value)
    local = value.astimezone(zone)
    return f"{_without_zeros(local)} {local.tzname()}"


def _without_zeros(value: datetime) -> str:
    seconds = value.strftime("%Y-%m-%d %H:%M:%S")
    fraction = f"{value.microsecond:06}".rstrip("0")
    return f"{seconds}.{fraction}" if fraction else seconds


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


_READERS: Mapping[str, Callable[[str], Value]] = {
    **dict.fromkeys(("BYTE", "SHORT", "INT", "LONG"), int),
    **dict.fromkeys(("FLOAT", "DOUBLE"), float),
    "DECIMAL": Decimal,
    "BOOLEAN": _boolean,
    "DATE": date.fromisoformat,
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_NTZ"), datetime.fromisoformat),
}
_NUMBERS = frozenset({"BYTE", "SHORT", "INT", "LONG", "DECIMAL", "FLOAT", "DOUBLE"})
