"""Rows as a person reads them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.values import Column, Value

REGION = Column(name="region", type_name="STRING")
AMOUNT = Column(name="total_amount", type_name="DECIMAL")
ORDERS = Column(name="orders", type_name="LONG")


def table(columns: list[Column], *rows: list[Value], **more: Any) -> ResultTable:
    return ResultTable(columns=columns, rows=rows, **{"row_count": len(rows), **more})


def test_a_table_has_its_numbers_on_the_right() -> None:
    rows = [["MIDDLE EAST", Decimal("469338227.24"), 3281], ["AFRICA", None, 13115]]

    assert table([REGION, AMOUNT, ORDERS], *rows).markdown(max_rows=50) == (
        "| region | total_amount | orders |\n"
        "| --- | ---: | ---: |\n"
        "| MIDDLE EAST | 469,338,227.24 | 3,281 |\n"
        "| AFRICA | — | 13,115 |"
    )


@pytest.mark.parametrize("name", ["o_orderkey", "customer_id", "year", "zip", "invoice_number"])
def test_whole_numbers_that_name_something_have_no_separators(name: str) -> None:
    shown = table([Column(name=name, type_name="LONG")], [12345], [67890]).markdown(max_rows=50)

    assert "| 12345 |" in shown


def test_whole_numbers_that_are_all_years_are_taken_for_years() -> None:
    shown = table([Column(name="y", type_name="INT")], [1998], [2026]).markdown(max_rows=50)

    assert "| 2026 |" in shown


def test_a_single_value_is_no_table() -> None:
    shown = table([AMOUNT], [Decimal("1234.50")]).markdown(max_rows=50)

    assert shown == "**total_amount: 1,234.50**"


def test_no_rows_are_an_answer() -> None:
    assert table([REGION]).markdown(max_rows=50) == "No rows."


def test_rows_that_are_not_shown_are_counted() -> None:
    shown = table([REGION], ["ASIA"], ["AFRICA"], row_count=1204).markdown(max_rows=1)

    assert shown.endswith("| ASIA |\n\nShowing the first 1 of 1,204 rows.")


def test_a_result_that_the_warehouse_cut_is_not_called_whole() -> None:
    shown = table([REGION], ["ASIA"], is_truncated=True).markdown(max_rows=50)

    assert shown.endswith("Showing the first 1 of more than 1 rows.")


@pytest.mark.parametrize("chars", [20, 100, 1000, 5000])
def test_as_many_rows_as_fit_and_the_rest_is_counted(chars: int) -> None:
    shown = table([REGION], *[["x" * 90]] * 100).markdown_within(chars, max_rows=100)

    assert len(shown) <= max(chars, 60)
    assert shown.endswith("of 100 rows.")
