"""The name that was most likely meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakevisor.config import nearest_name

KNOWN = ["genie", "jobs", "documents", "weather_forecast"]


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("geni", "genie"),
        ("JOBS", "jobs"),
        ("weather-forecast", "weather_forecast"),
        ("docments", "documents"),
        ("xyz", None),
        ("", None),
    ],
)
def test_a_typo_leads_to_the_name_and_anything_else_to_none(name, nearest):
    assert nearest_name(name, KNOWN) == nearest


@given(st.sampled_from(KNOWN), st.data())
def test_one_slip_of_the_finger_is_always_forgiven(name, data):
    place = data.draw(st.integers(0, len(name) - 1))
    slip = data.draw(st.sampled_from(["", "x", name[place] * 2]))
    assert nearest_name(name[:place] + slip + name[place + 1 :], KNOWN) == name


def test_a_known_name_is_nearest_to_itself():
    assert [nearest_name(name, KNOWN) for name in KNOWN] == KNOWN
