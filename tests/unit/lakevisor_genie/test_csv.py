"""Rows become CSV, and rows are read from pieces of JSON."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakevisor_genie.csv_file import csv_lines
from lakevisor_genie.links import JsonRows
from lakevisor_genie.outcomes import Unanswered

CELL = st.none() | st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.lists(CELL, min_size=2, max_size=2)))
def test_every_text_is_read_back_as_it_was(rows: list[list[str | None]]) -> None:
    read = list(csv.reader(io.StringIO(csv_lines(rows).decode(), newline="")))
    assert read == [[cell or "" for cell in row] for row in rows]


def test_null_is_nothing_and_an_empty_text_is_two_quotes() -> None:
    assert csv_lines([[None, "", 'a "b"'], ["1", "x\ny", "a,b"]]) == (
        b',"","a ""b"""\r\n1,"x\ny","a,b"\r\n'
    )


def test_a_line_of_one_null_is_a_row_all_the_same() -> None:
    assert csv_lines([["a"], [None]]) == b'a\r\n""\r\n'


def in_pieces(text: bytes, size: int) -> tuple[list[object], int]:
    reader, rows = JsonRows(), []
    for at in range(0, len(text), size):
        rows += reader.read(text[at : at + size])
    return rows, reader.end()


@given(st.lists(st.lists(CELL)), st.integers(1, 40), st.booleans(), st.booleans())
def test_rows_are_read_wherever_the_pieces_end(
    rows: list[list[str | None]], size: int, is_ascii: bool, is_wide: bool
) -> None:
    text = json.dumps(rows, ensure_ascii=is_ascii, indent=1 if is_wide else None).encode()
    assert in_pieces(text, size) == (rows, len(rows))


@pytest.mark.parametrize("text", [b"", b'[["a"]', b'[["a"],["b', b"not JSON", b'[["a"]] more'])
def test_what_breaks_off_is_not_taken_for_the_end(text: bytes) -> None:
    with pytest.raises(Unanswered):
        in_pieces(text, 4)
