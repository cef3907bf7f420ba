"""Values of every type: read, shown, and handed to programs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lakevisor_genie.values import Column, json_value, read_value, shown

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def column(type_name: str) -> Column:
    return Column(name="c", type_name=type_name)


@pytest.mark.parametrize(
    ("type_name", "text", "expected"),
    [
        ("INT", "2026", 2026),
        ("LONG", "-9223372036854775808", -(2**63)),
        ("DECIMAL", "469338227.24", Decimal("469338227.24")),
        ("DOUBLE", "1.5E9", 1.5e9),
        ("FLOAT", "-Infinity", float("-inf")),
        ("BOOLEAN", "true", True),
        ("DATE", "2026-11-22", date(2026, 11, 22)),
        ("TIMESTAMP", "2026-11-22T12:00:00.000Z", NOON),
        ("TIMESTAMP_NTZ", "2026-11-22T12:00:00.000", NOON.replace(tzinfo=None)),
        ("STRING", "1234.5", "1234.5"),
        ("ARRAY", '["a"]', '["a"]'),
        ("INT", None, None),
    ],
)
def test_a_value_is_of_its_columns_type(type_name: str, text: str | None, expected: Any) -> None:
    value = read_value(text, column(type_name))

    assert (type(value), value) == (type(expected), expected)


@pytest.mark.parametrize(
    ("type_name", "text"), [("DATE", "+12026-01-01"), ("INT", "many"), ("BOOLEAN", "maybe")]
)
def test_what_cannot_be_read_stays_the_text_that_it_is(type_name: str, text: str) -> None:
    assert read_value(text, column(type_name)) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1234567, "1,234,567"),
        (Decimal("-1234.00"), "-1,234.00"),
        (Decimal("1E+3"), "1,000"),
        (1234567.5, "1,234,567.5"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        (True, "true"),
        (None, "—"),
        (date(2026, 11, 22), "2026-11-22"),
        (NOON, "2026-11-22 12:00:00 UTC"),
        (NOON.replace(tzinfo=None, microsecond=250000), "2026-11-22 12:00:00.25"),
        (
            "a | b\n![x](https://example.org) `c` <i>",
            r"a \| b !\[x\](https://example.org) \`c\` \<i>",
        ),
        ("x" * 500, "x" * 199 + "…"),
    ],
)
def test_a_value_is_shown_true_to_the_last_digit_and_without_obeying_it(
    value: Any, expected: str
) -> None:
    assert shown(value) == expected


def test_a_moment_is_shown_in_the_zone_of_the_configuration() -> None:
    assert shown(NOON, zone=ZoneInfo("Europe/Berlin")) == "2026-11-22 13:00:00 CET"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5),
        (2**53 + 1, "9007199254740993"),
        (Decimal("123456.50"), 123456.5),
        (Decimal(7), 7),
        (Decimal("0.1"), 0.1),
        (Decimal("12345678901234567890.12"), "12345678901234567890.12"),
        (Decimal("NaN"), "NaN"),
        (float("inf"), "inf"),
        (NOON, "2026-11-22T12:00:00+00:00"),
        (False, False),
        (None, None),
    ],
)
def test_programs_get_numbers_where_no_client_can_lose_a_digit(value: Any, expected: Any) -> None:
    found = json_value(value)

    assert (type(found), found) == (type(expected), expected)


def test_a_cell_of_megabytes_is_cut_and_says_so() -> None:
    kept = read_value("x" * 1_000_000, column("STRING"))

    assert isinstance(kept, str)
    assert len(kept) < 10_100
    assert kept.endswith("… (1,000,000 characters)")
