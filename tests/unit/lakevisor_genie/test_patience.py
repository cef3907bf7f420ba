"""How long is waited, and how often one looks."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_genie.outcomes import TooSlow, Unanswered
from lakevisor_genie.patience import Patience, Pauses
from lakevisor_testing.turns import make_turn


def test_nothing_is_waited_for_beyond_the_turn() -> None:
    patience = Patience.of(make_turn(seconds=10), at_most=45)

    assert 6 < patience.seconds <= 7


async def test_a_pause_that_is_too_long_ends_the_patience() -> None:
    patience = Patience.of(make_turn(seconds=1), at_most=45)

    with pytest.raises(Unanswered) as raised:
        await patience.pause(0.3)

    assert isinstance(raised.value.outcome, TooSlow)


def test_pauses_grow_while_a_status_lasts_and_begin_anew_with_the_next(monkeypatch: Any) -> None:
    clock = iter([0.0, 2.0, 10.0, 100.0, 101.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    pauses = Pauses()

    looks = ["ASKING_AI", "ASKING_AI", "ASKING_AI", "ASKING_AI", "EXECUTING_QUERY"]

    assert [pauses.after(status) for status in looks] == [0.25, 0.25, 1.0, 5.0, 0.25]


def test_the_first_pause_is_short_whatever_the_status() -> None:
    assert Pauses().after("") == 0.25
