"""The result of a query as rows and columns, and as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo

from lakevisor_genie.values import Column, Value, escaped, shown

_CODE = re.compile(
    r"(?:^|_)(?:id|ids|code|zip|postcode|phone|year|quarter|month|week|day|date|period)$"
    r"|_(?:no|nr|num|number)$|key$",
    re.IGNORECASE,
)
"""Names of whole numbers that are not amounts: the thousands of an order's key say nothing."""
_YEARS = range(1900, 2101)


@dataclass(frozen=True, kw_only=True)
class ResultTable:
    """The rows of a result that were read, and how many there are."""

    columns: Sequence[Column]
    """The columns."""
    rows: Sequence[Sequence[Value]]
    """The first rows, each value of its column's type."""
    row_count: int
    """How many rows the result has."""
    is_truncated: bool = False
    """Whether the result was cut before it came here: the query has more rows than `row_count`."""

    @property
    def is_whole(self) -> bool:
        """Whether all rows of the query were read."""
        return not self.is_truncated and len(self.rows) >= self.row_count

    def markdown(self, *, max_rows: int, zone: tzinfo = UTC) -> str:
        """Return the first rows for a person, with a line on those that are not shown."""
        if not self.rows and self.is_whole:
            return "No rows."
        if len(self.columns) == 1 and self.row_count == 1 and self.is_whole:
            (line,) = self._cells(self.rows, zone)
            return f"**{escaped(self.columns[0].name)}: {line[0]}**"
        lines = [*self._header(), *self._lines(self.rows[:max_rows], zone)]
        note = self.note(min(len(self.rows), max_rows))
        return "\n\n".join(part for part in ("\n".join(lines), note) if part)

    def markdown_within(self, chars: int, *, max_rows: int, zone: tzinfo = UTC) -> str:
        """Return as many of the first rows as fit, with a line on those that did not."""
        if not self.rows and self.is_whole:
            return "No rows."
        header = "\n".join(self._header())
        if len(header) > chars:
            return f"{len(self.columns):,} columns. {self.note(0)}"
        lines = [header]
        room = chars - len(header) - len(self.note(0)) - len(f"{len(self.rows):,}") - 2
        for line in self._lines(self.rows[:max_rows], zone):
            room -= len(line) + 1
            if room < 0:
                break
            lines.append(line)
        note = self.note(len(lines) - 1)
        return "\n\n".join(part for part in ("\n".join(lines), note) if part)

    def note(self, count: int) -> str:
        """Return what is left out when the first `count` rows are shown; empty when nothing is."""
        if self.is_truncated:
            return f"Showing the first {count:,} of more than {self.row_count:,} rows."
        if count < self.row_count:
            return f"Showing the first {count:,} of {self.row_count:,} rows."
        return ""

    def _header(self) -> list[str]:
        names = [escaped(column.name) for column in self.columns]
        aligned = ["---:" if column.is_number else "---" for column in self.columns]
        return [f"| {' | '.join(line)} |" for line in (names, aligned)]

    def _lines(self, rows: Sequence[Sequence[Value]], zone: tzinfo) -> Iterator[str]:
        return (f"| {' | '.join(line)} |" for line in self._cells(rows, zone))

    def _cells(self, rows: Sequence[Sequence[Value]], zone: tzinfo) -> Iterator[list[str]]:
        grouped = [not self.is_code(at) for at in range(len(self.columns))]
        for row in rows:
            cells = zip(row, grouped, strict=True)
            yield [shown(value, zone=zone, is_grouped=is_grouped) for value, is_grouped in cells]

    def is_code(self, at: int) -> bool:
        """Whether a column's whole numbers name something: a customer, a year."""
        whole = [row[at] for row in self.rows if isinstance(row[at], int)]
        if not whole:
            return False
        return bool(_CODE.search(self.columns[at].name)) or all(each in _YEARS for each in whole)
