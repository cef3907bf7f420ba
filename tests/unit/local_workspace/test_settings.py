"""What the environment says about a local workspace."""

from __future__ import annotations

import pytest

from local_workspace.settings import Settings, WrongSetting

NAME = "LOCAL_WORKSPACE_GENIE_SECONDS"
LIMIT = "LOCAL_WORKSPACE_GENIE_QUESTIONS_PER_MINUTE"


@pytest.mark.parametrize(("given", "seconds"), [("0", 0), ("12.5", 12.5), ("", 1.8)])
def test_genies_pace_can_be_set(given: str, seconds: float) -> None:
    assert Settings.genie_seconds_in({NAME: given}) == seconds


def test_genies_pace_is_short_unless_set() -> None:
    assert Settings.genie_seconds_in({}) == Settings.genie_seconds == 1.8


@pytest.mark.parametrize("given", ["fast", "-1", "inf", "nan"])
def test_a_pace_that_is_no_number_of_seconds_is_refused(given: str) -> None:
    with pytest.raises(WrongSetting, match=f"{NAME} must be a number of seconds, not '{given}'"):
        Settings.genie_seconds_in({NAME: given})


def test_genies_questions_are_limited_where_that_is_set() -> None:
    assert Settings.genie_questions_in({LIMIT: "5"}) == 5
    assert Settings.genie_questions_in({}) is None


@pytest.mark.parametrize("given", ["many", "0", "-1", "2.5"])
def test_a_limit_that_is_no_number_of_questions_is_refused(given: str) -> None:
    with pytest.raises(WrongSetting, match=f"{LIMIT} must be a positive number, not '{given}'"):
        Settings.genie_questions_in({LIMIT: given})
