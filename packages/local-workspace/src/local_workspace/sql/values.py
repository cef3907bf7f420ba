"""Values of DuckDB as the API writes them: as text, numbers as Java prints them."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from local_workspace.sql.result import Column, Row

_FLOAT_DIGITS = range(6, 10)
"""Nine digits always tell one 32-bit float from another; often fewer do."""
_LEAST_PLAIN, _MOST_PLAIN = -2, 7
"""Java writes numbers from 0.001 to 10,000,000 without an exponent."""


def rows_as_text(rows: Sequence[Sequence[Any]], *, columns: Sequence[Column] = ()) -> Iterator[Row]:
    """Yield rows of DuckDB as rows of text; columns tell floats of 32 bits from those of 64."""
    singles = [column.position for column in columns if column.type_name == "FLOAT"]
    for row in rows:
        texts = [as_text(value) for value in row]
        for position in singles:
            value = row[position]
            texts[position] = None if value is None else _single_text(value)
        yield tuple(texts)


def as_text(value: Any) -> str | None:
    """Return one value of DuckDB as the API writes it; None is null."""
    if value is None or isinstance(value, str):
        return value
    write = _WRITERS.get(type(value))
    return str(value) if write is None else write(value)


def _double_text(value: float) -> str:
    """Return a number as Spark's string of a DOUBLE: 0.1, 1.0E10, NaN, -Infinity."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return _in_java(repr(value))


def _single_text(value: float) -> str:
    """Return a 32-bit float with the fewest digits that still mean it."""
    if not math.isfinite(value):
        return _double_text(value)
    exact = struct.pack("f", value)
    texts = (f"{value:.{digits}g}" for digits in _FLOAT_DIGITS)
    return _in_java(next(text for text in texts if struct.pack("f", float(text)) == exact))


def _in_java(text: str) -> str:
    """Return a decimal number in Java's notation."""
    sign, digits, exponent = Decimal(text).normalize().as_tuple()
    assert isinstance(exponent, int)
    number, minus = "".join(map(str, digits)), "-" if sign else ""
    if number == "0":
        return f"{minus}0.0"
    point = len(number) + exponent
    if _LEAST_PLAIN <= point <= _MOST_PLAIN:
        plain = format(Decimal((0, digits, exponent)), "f")
        return f"{minus}{plain}" if "." in plain else f"{minus}{plain}.0"
    return f"{minus}{number[0]}.{number[1:] or '0'}E{point - 1}"


def _time_text(value: datetime) -> str:
    return value.isoformat(sep="T", timespec="milliseconds") + "Z"


def _nested_text(value: Any) -> str:
    return json.dumps(_jsonable(value), separators=(",", ":"))


def _jsonable(value: Any) -> Any:
    """Return an array, map or struct with whole numbers and truth values as JSON has them."""
    if isinstance(value, dict):
        return {as_text(key) or "null": _jsonable(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(each) for each in value]
    is_json = value is None or isinstance(value, bool | int)
    if is_json or (isinstance(value, float) and math.isfinite(value)):
        return value
    return as_text(value)


_WRITERS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "true" if value else "false",
    float: _double_text,
    Decimal: lambda value: format(value, "f"),
    datetime: _time_text,
    date: date.isoformat,
    bytes: lambda value: base64.b64encode(value).decode(),
    list: _nested_text,
    dict: _nested_text,
    tuple: _nested_text,
    timedelta: lambda value: f"{value.total_seconds():g} seconds",
}
