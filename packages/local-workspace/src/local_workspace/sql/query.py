"""A query on DuckDB: what its columns are, and its rows one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from local_workspace.sql.result import Column, Row, column_of
from local_workspace.sql.translation import Translation
from local_workspace.sql.values import rows_as_text

_BATCH = 2000
_WITH_ZONE = " WITH TIME ZONE"


class Query:
    """A translated query on a connection that nobody else uses meanwhile."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, translation: Translation) -> None:
        self._cursor = cursor
        self._sql = translation.sql
        self._values = translation.values or None

    def text(self) -> tuple[tuple[Column, ...], Iterator[Row]]:
        """Start it; return its columns and its rows as text, which are read as they are asked for.

        Raises:
            duckdb.Error: it cannot be run; also on the way.
        """
        self._cursor.execute(self._sql, self._values)
        types = [each[1] for each in self._cursor.description]
        columns = _columns(self._cursor.description)
        if any(_WITH_ZONE in str(kind) for kind in types):
            # DuckDB's Python values with a zone need pytz; as UTC without a zone they do not.
            self._cursor.execute(_without_zones(self._sql, types), self._values)
        return columns, self._rows(columns)

    def arrow(self, rows_per_batch: int) -> tuple[tuple[Column, ...], Iterator[Any]]:
        """Start it; return its columns and its rows as Arrow's record batches.

        Raises:
            duckdb.Error: it cannot be run; also on the way.
        """
        relation = self._cursor.sql(self._sql, params=self._values)
        return _columns(relation.description), relation.to_arrow_reader(rows_per_batch)

    def _rows(self, columns: Sequence[Column]) -> Iterator[Row]:
        while batch := self._cursor.fetchmany(_BATCH):
            yield from rows_as_text(batch, columns=columns)


def _columns(description: Sequence[Any]) -> tuple[Column, ...]:
    return tuple(column_of(each[0], position, each[1]) for position, each in enumerate(description))


def _without_zones(sql: str, types: Sequence[Any]) -> str:
    """Return the query with times in UTC; a time with a zone may stand in an array or struct."""
    names = ", ".join(f"c{position}" for position in range(len(types)))
    values = ", ".join(
        f"CAST(c{position} AS {str(kind).replace(_WITH_ZONE, '')})"
        if _WITH_ZONE in str(kind)
        else f"c{position}"
        for position, kind in enumerate(types)
    )
    return f"SELECT {values} FROM ({sql}) AS t({names})"  # noqa: S608 (no value stands in it)
