"""With what a run was started, as the person reads it."""

from __future__ import annotations

import pytest

from lakevisor_jobs.chosen_values import VALUE_CHARS, VALUES, with_values


def test_each_value_stands_behind_its_name() -> None:
    said = with_values({"region": "MIDDLE EAST", "days": "30"})

    assert said == 'With `region` = `"MIDDLE EAST"`, `days` = `"30"`.'


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\n\n# b", '`"a\\n\\n# b"`'),
        ("`x` **y**", '`"\\u0060x\\u0060 **y**"`'),
        ("a\u202eb", '`"a\\u202eb"`'),
        ("Zürich", '`"Zürich"`'),
    ],
)
def test_a_value_can_begin_nothing_and_hide_nothing(value: str, shown: str) -> None:
    assert with_values({"note": value}) == f"With `note` = {shown}."
    assert with_values({value: "x"}) == f'With {shown} = `"x"`.'


def test_what_is_long_is_cut_and_said_to_be() -> None:
    said = with_values({"note": "x" * (VALUE_CHARS + 1_234)})
    assert said == f'With `note` = `"{"x" * VALUE_CHARS}"` (cut: 1,234 more characters).'

    said = with_values({f"p{number}": "1" for number in range(VALUES + 2)})
    assert said.endswith(", and 2 more.")
