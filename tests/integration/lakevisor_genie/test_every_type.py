"""Generated tables of every type: what is read and shown is what DuckDB says."""

from __future__ import annotations

import asyncio
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from databricks.sdk.service.sql import StatementParameterListItem
from hypothesis import given, settings
from hypothesis import strategies as st

from lakevisor_genie.client import GenieClient
from lakevisor_genie.query_result import read_statement
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.values import shown
from lakevisor_testing.turns import make_turn


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type of Databricks SQL."""

    name: str
    """As Databricks writes it."""
    values: st.SearchStrategy[Any]
    """Its values."""


def whole(bits: int) -> st.SearchStrategy[int]:
    return st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def decimals(precision: int, scale: int) -> st.SearchStrategy[Decimal]:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda digits: Decimal(digits).scaleb(-scale))


moments = st.integers(-(10**13), 10**14).map(
    lambda milliseconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
)
TYPES = (
    Type(name="TINYINT", values=whole(8)),
    Type(name="SMALLINT", values=whole(16)),
    Type(name="INT", values=whole(32)),
    Type(name="BIGINT", values=whole(64)),
    Type(name="DECIMAL(9,2)", values=decimals(9, 2)),
    Type(name="DECIMAL(38,10)", values=decimals(38, 10)),
    Type(name="FLOAT", values=st.floats(width=32)),
    Type(name="DOUBLE", values=st.floats()),
    Type(name="BOOLEAN", values=st.booleans()),
    Type(name="DATE", values=st.dates(date(1000, 1, 1))),
    Type(name="TIMESTAMP", values=moments),
    Type(name="STRING", values=st.text(st.characters(codec="utf-8", exclude_characters="\0"))),
)
SETTINGS = GenieSettings.model_validate(
    {"spaces": {"sales": {"space_id": "01f1", "description": "Sales."}}}
)
Rows = Sequence[Sequence[Any]]


@st.composite
def tables(draw: st.DrawFn) -> tuple[Sequence[Type], Rows]:
    """Return the types of some columns, and rows with values of them, or nulls."""
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=6))
    row = st.tuples(*(st.none() | each.values for each in types))
    return types, draw(st.lists(row, min_size=1, max_size=5))


@pytest.fixture(scope="module")
def client(workspace: Any) -> Any:
    return workspace.client("analyst")


@pytest.fixture(scope="module")
def warehouse_id(client: Any) -> str:
    (warehouse,) = client.warehouses.list()
    return str(warehouse.id)


@given(tables())
@settings(max_examples=40, deadline=None)
def test_what_is_read_and_shown_is_what_duckdb_says(
    client: Any, warehouse_id: str, table: tuple[Sequence[Type], Rows]
) -> None:
    types, rows = table

    read = asyncio.run(through_the_warehouse(client, warehouse_id, types, rows))

    expected = comparable(from_duckdb(types, rows), types)
    assert comparable(read, types) == expected
    assert comparable([[from_shown(value) for value in row] for row in read], types) == expected


async def through_the_warehouse(
    client: Any, warehouse_id: str, types: Sequence[Type], rows: Rows
) -> Rows:
    statement = client.statement_execution.execute_statement(
        query(types, rows, marker=":"),
        warehouse_id,
        parameters=[
            StatementParameterListItem(name=name, value=value, type="STRING")
            for name, value in parameters(rows).items()
        ],
    )
    genie = await GenieClient.of(make_turn(workspace=client), SETTINGS, at_most=20)
    table = await read_statement(statement, genie).head(max_rows=100, max_bytes=10**6)
    return [row[1:] for row in table.rows]


def from_duckdb(types: Sequence[Type], rows: Rows) -> Rows:
    with duckdb.connect() as connection:
        found = connection.execute(query(types, rows, marker="$"), parameters(rows)).fetchall()
    return [row[1:] for row in found]


def query(types: Sequence[Type], rows: Rows, *, marker: str) -> str:
    """Return a query that gives these values, each by a parameter, cast to its type."""
    lines = []
    for at, row in enumerate(rows):
        cells = [
            f"CAST({marker}p{at}_{position} AS {each.name}) AS c{position}"
            for position, each in enumerate(types[: len(row)])
        ]
        lines.append(f"SELECT {at} AS n, {', '.join(cells)}")
    return f"SELECT * FROM ({' UNION ALL '.join(lines)}) AS t ORDER BY n"


def parameters(rows: Rows) -> dict[str, str | None]:
    return {
        f"p{at}_{position}": None if value is None else as_literal(value)
        for at, row in enumerate(rows)
        for position, value in enumerate(row)
    }


def as_literal(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S.%f}" if isinstance(value, datetime) else str(value)


def comparable(rows: Rows, types: Sequence[Type]) -> list[list[Any]]:
    """Return values such that equal ones are equal: NaN, moments in UTC, numbers of 32 bits."""
    return [[_comparable(v, t.name) for v, t in zip(row, types, strict=True)] for row in rows]


def _comparable(value: Any, type_name: str) -> Any:
    if isinstance(value, float):
        return struct.pack("f" if type_name == "FLOAT" else "d", value)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


def from_shown(value: Any) -> Any:
    """Read back what a person is shown of a value."""
    text = shown(value)
    match value:
        case None:
            assert text == "—"
            return None
        case bool():
            return text == "true"
        case int() | Decimal() | float():
            return type(value)(text.replace(",", ""))
        case datetime():
            return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
        case date():
            return date.fromisoformat(text)
        case _:
            # Blanks are run together; nothing else is lost.
            assert re.sub(r"\\(.)", r"\1", text) == " ".join(value.split())
            return value
