"""Rows as a person reads them."""

from __future__ import annotations

import pytest

from lakevisor_genie.result_table import Column, ResultTable, shown

REGION = Column(name="region", type_name="STRING")
AMOUNT = Column(name="total_amount", type_name="DECIMAL")
ORDERS = Column(name="orders", type_name="LONG")


def column(type_name: str) -> Column:
    return Column(name="c", type_name=type_name)


def test_a_table_has_its_numbers_on_the_right() -> None:
    rows = [["MIDDLE EAST", "469338227.24", "3281"], ["AFRICA", None, "3115"]]

    table = ResultTable(columns=[REGION, AMOUNT, ORDERS], rows=rows, row_count=2)

    assert table.markdown() == (
        "| region | total_amount | orders |\n"
        "| --- | ---: | ---: |\n"
        "| MIDDLE EAST | 469,338,227.24 | 3281 |\n"
        "| AFRICA | — | 3115 |"
    )


def test_a_single_value_is_no_table() -> None:
    table = ResultTable(columns=[AMOUNT], rows=[["1234.50"]], row_count=1)

    assert table.markdown() == "**total_amount: 1,234.50**"


def test_no_rows_are_an_answer() -> None:
    assert ResultTable(columns=[REGION], rows=[], row_count=0).markdown() == "No rows."


def test_rows_that_are_not_shown_are_counted() -> None:
    table = ResultTable(columns=[REGION], rows=[["ASIA"]], row_count=1204)

    assert table.markdown().endswith("\n\nShowing the first 1 of 1,204 rows.")


def test_a_result_that_the_warehouse_cut_is_not_called_whole() -> None:
    table = ResultTable(columns=[REGION], rows=[["ASIA"]], row_count=1, is_truncated=True)

    assert table.markdown().endswith("Showing the first 1 of more than 1 rows.")


@pytest.mark.parametrize(
    ("type_name", "value", "expected"),
    [
        ("DECIMAL", "469338227.24", "469,338,227.24"),
        ("DECIMAL", "-1234.00", "-1,234.00"),
        ("DECIMAL", "2026", "2026"),
        ("DOUBLE", "1.5E9", "1,500,000,000"),
        ("DOUBLE", "NaN", "NaN"),
        ("LONG", "2026", "2026"),
        ("STRING", "1234.5", "1234.5"),
        ("DATE", "2026-11-22", "2026-11-22"),
    ],
)
def test_values_are_true_to_what_the_data_says(type_name: str, value: str, expected: str) -> None:
    assert shown(value, column(type_name)) == expected


def test_markup_in_the_data_is_shown_and_not_obeyed() -> None:
    value = "a | b\n![x](https://example.org) `c` <img>"

    assert shown(value, column("STRING")) == (r"a \| b !\[x\](https://example.org) \`c\` \<img>")


def test_a_long_text_is_cut_with_a_mark() -> None:
    assert shown("x" * 500, column("STRING")) == "x" * 199 + "…"
