"""Whether a chart helps with a result, and which: a few rules, from the columns and their types.

- The result is there as a whole, with at least `FEWEST` rows, and has a measure: a column of
  numbers that are no keys and no years.
- Where the first column that tells the rows apart is a time or a period, it is a line. Where it is
  a name or a key, it is bars, `MOST_BARS` at most; a name goes before a key.
- Where no column tells the rows apart, but a time and a name together do, it is a line for each
  name, `MOST_LINES` at most.
- Else there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.values import Value

FEWEST = 2
MOST_BARS = 30
MOST_LINES = 8
MOST_POINTS = 500
MOST_MEASURES = 3
_NAME_CHARS = 100

_TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_NTZ"})
_NAMES = frozenset({"STRING", "CHAR", "VARCHAR", "BOOLEAN"})
_PERIOD = re.compile(r"(?:^|_)(?:year|quarter|month|week|day)$", re.IGNORECASE)
_YEARS = range(1900, 2101)
_PERIOD_TEXT = re.compile(r"\d{4}(?:-(?:[QW]\d{1,2}|\d\d))?")
"""Texts that sort like the time that they name: `2026`, `2026-11`, `2026-Q4`."""


class Role(Enum):
    """What a column is good for in a chart."""

    MEASURE = auto()
    TIME = auto()
    PERIOD = auto()
    NAME = auto()
    KEY = auto()
    NOTHING = auto()


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is drawn; columns by their number."""

    axis: int
    """The column along which it is drawn."""
    role: Role
    """What that column is: along a time or a period goes a line, else there are bars."""
    measures: Sequence[int]
    """What is drawn, each in a panel of its own: they may have nothing in common but the axis."""
    series: int | None = None
    """The column whose values are lines of their own."""

    @property
    def is_line(self) -> bool:
        """Whether it is a line; else bars."""
        return self.role in (Role.TIME, Role.PERIOD)


def choose_chart(table: ResultTable, *, question: str = "") -> Choice | None:
    """Return the chart that helps to read a result, or None.

    Args:
        table: the result.
        question: what was asked; measures that it names are drawn, and then no others.
    """
    if not table.is_whole or not FEWEST <= len(table.rows) <= MOST_POINTS:
        return None
    roles = [_role(table, at) for at in range(len(table.columns))]
    measures = [at for at, role in enumerate(roles) if role is Role.MEASURE]
    if not measures:
        return None
    named = [at for at in measures if _is_named(table.columns[at].name, question)]
    measures = (named or measures)[:MOST_MEASURES]
    alone = [at for at in _dimensions(roles) if _tell_apart(table, at)]
    if not alone:
        return _in_series(table, roles, measures)
    axis = alone[0]
    if roles[axis] is Role.KEY:
        axis = next((at for at in alone if roles[at] is Role.NAME), axis)
    choice = Choice(axis=axis, role=roles[axis], measures=measures)
    return choice if choice.is_line or len(table.rows) <= MOST_BARS else None


def _in_series(table: ResultTable, roles: Sequence[Role], measures: Sequence[int]) -> Choice | None:
    """Return a line for each name or year, where these and a time tell the rows apart."""
    ordered = [at for at in _dimensions(roles) if roles[at] in (Role.TIME, Role.PERIOD)]
    # The finer of two times is the axis: months, with a line for each year.
    for axis in sorted(ordered, key=lambda at: -len(_values(table, at))):
        for series in _dimensions(roles):
            is_few = len(_values(table, series)) <= MOST_LINES
            if series != axis and is_few and _tell_apart(table, axis, series):
                return Choice(axis=axis, role=roles[axis], measures=measures, series=series)
    return None


def _is_named(column: str, question: str) -> bool:
    words = column.replace("_", " ").lower()
    return re.search(rf"\b{re.escape(words)}\b", question.lower()) is not None


def _dimensions(roles: Sequence[Role]) -> Iterator[int]:
    return (at for at, role in enumerate(roles) if role not in (Role.MEASURE, Role.NOTHING))


def _values(table: ResultTable, *columns: int) -> set[tuple[Value, ...]]:
    return {tuple(row[at] for at in columns) for row in table.rows}


def _tell_apart(table: ResultTable, *columns: int) -> bool:
    return len(_values(table, *columns)) == len(table.rows)


def _role(table: ResultTable, at: int) -> Role:
    column, values = table.columns[at], [row[at] for row in table.rows]
    if column.is_number and not table.is_code(at):
        return Role.MEASURE if any(each is not None for each in values) else Role.NOTHING
    if len(set(values)) == 1:
        return Role.NOTHING
    if column.is_number:
        is_period = _PERIOD.search(column.name) or all(each in _YEARS for each in values)
        return Role.PERIOD if is_period and None not in values else Role.KEY
    if column.type_name in _TIMES:
        # A row that is not on the axis would be missing from the chart.
        return Role.TIME if all(isinstance(each, date) for each in values) else Role.NOTHING
    if column.type_name not in _NAMES or any(len(str(each)) > _NAME_CHARS for each in values):
        return Role.NOTHING
    is_period = all(isinstance(each, str) and _PERIOD_TEXT.fullmatch(each) for each in values)
    return Role.PERIOD if is_period else Role.NAME
