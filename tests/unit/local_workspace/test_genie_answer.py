"""The sentences in which Genie says a result."""

from __future__ import annotations

from local_workspace.genie.answer import summary
from local_workspace.sql import Column, Result


def result(*rows, is_truncated=False):
    types = {"year": "LONG", "region": "STRING", "revenue": "DECIMAL"}
    columns = tuple(
        Column(name=name, position=position, type_name=kind, type_text=kind)
        for position, (name, kind) in enumerate(types.items())
    )
    first = rows[0] if rows else None
    return Result(columns=columns, row_count=len(rows), first_row=first, is_truncated=is_truncated)


def test_a_single_row_is_said_with_its_figure_first():
    said = summary(result(("2026", "ASIA", "1234567.80")))
    assert said == "**Revenue 1,234,567.80** (year 2026, region ASIA)."


def test_of_several_rows_the_first_is_said():
    said = summary(result(("2026", "ASIA", "5.00"), ("2026", "EUROPE", "4.00")))
    first = "year 2026, region ASIA, revenue 5.00"
    assert said == f"The query returned **2** rows; the first one is {first}."


def test_a_result_that_was_cut_says_so():
    rows = [("2026", "ASIA", "5.00")] * 2
    assert "cut off" in summary(result(*rows, is_truncated=True))


def test_nothing_is_said_as_nothing():
    assert summary(result()) == "The query returned no rows."
    assert summary(result(("2026", None, None))) == "**Revenue none** (year 2026, region none)."
