"""Which results get a chart, and which chart."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lakevisor_genie.chart_choice import Choice, Role, choose_chart
from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.values import Column

MONTHS = [date(2026, month, 1) for month in (1, 2, 3)]


def table(*columns: tuple[str, str, list[Any]], **fields: Any) -> ResultTable:
    """Return a result from columns: name, type, values."""
    rows = list(zip(*(values for _, _, values in columns), strict=True))
    return ResultTable(
        columns=[Column(name=name, type_name=kind) for name, kind, _ in columns],
        rows=rows,
        **{"row_count": len(rows), **fields},
    )


REGION = ("region", "STRING", ["ASIA", "EUROPE", "AFRICA"])
REVENUE = ("revenue", "DECIMAL", [Decimal(3), Decimal(1), None])
ORDERS = ("orders", "LONG", [30, 10, 20])
MONTH = ("month", "DATE", MONTHS)
KEY = ("customer_id", "LONG", [7, 8, 9])
YEAR = ("year", "INT", [2024, 2025, 2026])


def test_names_and_a_measure_are_bars() -> None:
    expected = Choice(axis=0, role=Role.NAME, measures=[1])
    assert choose_chart(table(REGION, REVENUE)) == expected
    assert not expected.is_line


@pytest.mark.parametrize(
    ("column", "role"),
    [
        (MONTH, Role.TIME),
        (YEAR, Role.PERIOD),
        (("quarter", "STRING", ["2025-Q4", "2026-Q1", "2026-Q2"]), Role.PERIOD),
        (("at", "TIMESTAMP", MONTHS), Role.TIME),
    ],
)
def test_times_and_periods_are_a_line(column: Any, role: Role) -> None:
    choice = choose_chart(table(column, REVENUE))
    assert choice == Choice(axis=0, role=role, measures=[1])
    assert choice.is_line


def test_each_measure_is_drawn_unless_the_question_names_some() -> None:
    result = table(REGION, ORDERS, REVENUE)
    both = Choice(axis=0, role=Role.NAME, measures=[1, 2])
    assert choose_chart(result) == both
    assert choose_chart(result, question="What is the revenue?") == replace(both, measures=[2])


def test_a_name_goes_before_a_key_and_a_key_is_better_than_nothing() -> None:
    assert choose_chart(table(KEY, REGION, REVENUE)) == Choice(axis=1, role=Role.NAME, measures=[2])
    assert choose_chart(table(KEY, REVENUE)) == Choice(axis=0, role=Role.KEY, measures=[1])


def test_a_time_and_a_name_that_tell_the_rows_apart_are_a_line_for_each_name() -> None:
    result = table(
        ("month", "DATE", [MONTHS[0], MONTHS[1]] * 2),
        ("region", "STRING", ["ASIA", "ASIA", "EUROPE", "EUROPE"]),
        ("revenue", "DOUBLE", [1.0, 2.0, 3.0, 4.0]),
    )
    assert choose_chart(result) == Choice(axis=0, role=Role.TIME, measures=[2], series=1)


def test_months_of_several_years_are_a_line_for_each_year() -> None:
    result = table(
        ("year", "INT", [2025, 2025, 2025, 2026, 2026, 2026]),
        ("month", "INT", [1, 2, 3] * 2),
        ("revenue", "DOUBLE", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
    )
    assert choose_chart(result) == Choice(axis=1, role=Role.PERIOD, measures=[2], series=0)


@pytest.mark.parametrize(
    "result",
    [
        pytest.param(table(REGION), id="no measure"),
        pytest.param(table(KEY, YEAR), id="keys and years alone"),
        pytest.param(table(("region", "STRING", ["ASIA"]), ("n", "INT", [1])), id="one row"),
        pytest.param(table(REGION, REVENUE, row_count=9), id="not all rows were read"),
        pytest.param(table(REGION, REVENUE, is_truncated=True), id="Genie has cut it"),
        pytest.param(
            table(
                ("n_name", "STRING", [f"nation {n}" for n in range(31)]),
                ("n", "INT", list(range(31))),
            ),
            id="too many bars",
        ),
        pytest.param(
            table(("month", "DATE", [*MONTHS[:2], None]), REVENUE), id="a row without its time"
        ),
        pytest.param(
            table(("region", "STRING", ["ASIA"] * 3), REVENUE), id="rows that nothing tells apart"
        ),
        pytest.param(table(REGION, ("n", "INT", [None] * 3)), id="a measure without figures"),
    ],
)
def test_there_is_no_chart_where_it_would_not_help(result: ResultTable) -> None:
    assert choose_chart(result) is None
