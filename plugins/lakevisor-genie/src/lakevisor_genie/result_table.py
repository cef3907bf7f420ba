"""The result of a query as rows and columns, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

_MAX_CELL_CHARS = 200
_NUMBERS = {"BYTE", "SHORT", "INT", "LONG", "DECIMAL", "FLOAT", "DOUBLE"}
_AMOUNTS = {"DECIMAL", "FLOAT", "DOUBLE"}
_MARKDOWN = re.compile(r"([\\|*`\[\]<])")


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a result."""

    name: str
    """Its name."""
    type_name: str
    """Its SQL type without details: `DECIMAL`, `STRING`."""


@dataclass(frozen=True, kw_only=True)
class ResultTable:
    """The rows of a result that were read, and how many there are."""

    columns: Sequence[Column]
    """The columns."""
    rows: Sequence[Sequence[str | None]]
    """The first rows, each value as the text that the warehouse sent."""
    row_count: int
    """How many rows the result has."""
    is_truncated: bool = False
    """Whether the warehouse cut the result: the query has more rows than `row_count`."""

    def markdown(self) -> str:
        """Return the rows for a person, with a line on those that are not shown."""
        if not self.rows:
            return "No rows."
        if len(self.columns) == 1 and self.row_count == 1 and not self.is_truncated:
            name, value = self.columns[0].name, shown(self.rows[0][0], self.columns[0])
            return f"**{_escaped(name)}: {value}**"
        note = self.note()
        return "\n\n".join(part for part in (self._table(), note) if part)

    def note(self) -> str:
        """Return what is not shown; empty when all is."""
        if self.is_truncated:
            return f"Showing the first {len(self.rows):,} of more than {self.row_count:,} rows."
        if len(self.rows) < self.row_count:
            return f"Showing the first {len(self.rows):,} of {self.row_count:,} rows."
        return ""

    def _table(self) -> str:
        names = [_escaped(column.name) for column in self.columns]
        aligned = ["---:" if c.type_name in _NUMBERS else "---" for c in self.columns]
        cells = [[shown(v, c) for v, c in zip(row, self.columns, strict=True)] for row in self.rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in [names, aligned, *cells])


def shown(value: str | None, column: Column) -> str:
    """Return a value for a person: true to the last digit, and safe inside a Markdown table.

    Fractions get thousands separators. Whole numbers do not: 2026 may be a year and 1489 a
    customer's number. A missing value is a dash.
    """
    if value is None:
        return "—"
    if column.type_name in _AMOUNTS:
        return _grouped(value)
    return _escaped(value)


def _grouped(number: str) -> str:
    try:
        value = Decimal(number)
    except InvalidOperation:
        return _escaped(number)
    is_fraction = value.is_finite() and not re.fullmatch(r"-?[0-9]+", number)
    return f"{value:,f}" if is_fraction else _escaped(number)


def _escaped(text: str) -> str:
    line = " ".join(text.split())
    short = line if len(line) <= _MAX_CELL_CHARS else f"{line[: _MAX_CELL_CHARS - 1]}…"
    return _MARKDOWN.sub(r"\\\1", short)
