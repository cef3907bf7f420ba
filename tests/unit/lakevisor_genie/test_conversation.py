"""Which statuses are an end, and how long is waited."""

from __future__ import annotations

from itertools import islice

import pytest
from databricks.sdk.service.dashboards import GenieMessage, MessageStatus

from lakevisor_genie.conversation import Patience, _has_ended, growing_pauses
from lakevisor_genie.no_answer import NoAnswer
from lakevisor_testing.turns import make_turn

ENDS = {"COMPLETED", "QUERY_RESULT_EXPIRED"}
FAULTS = {"FAILED", "CANCELLED"}


def message(status: str) -> GenieMessage:
    ids = {"space_id": "s", "conversation_id": "c", "message_id": "m", "content": "?"}
    return GenieMessage.from_dict({**ids, "status": status})


@pytest.mark.parametrize("status", [each.value for each in MessageStatus] + ["", "DREAMING"])
def test_only_an_end_is_an_end(status: str) -> None:
    if status in FAULTS:
        with pytest.raises(NoAnswer):
            _has_ended(message(status), status)
    else:
        assert _has_ended(message(status), status) == (status in ENDS)


def test_the_pauses_grow_to_two_seconds() -> None:
    pauses = list(islice(growing_pauses(), 8))

    assert (pauses[0], pauses[-1]) == (0.3, 2.0)
    assert pauses == sorted(pauses)


def test_nothing_is_waited_for_beyond_the_turn() -> None:
    patience = Patience.of(make_turn(seconds=10), at_most=45)

    assert 6 < patience.seconds <= 7


async def test_a_pause_that_is_too_long_ends_the_patience() -> None:
    patience = Patience.of(make_turn(seconds=1), at_most=45)

    with pytest.raises(NoAnswer, match="has not finished"):
        await patience.pause(0.3)
