"""How long a wait under a rate limit will be."""

from hypothesis import given
from hypothesis import strategies as st

from lakevisor.ledger import OwnerKey
from lakevisor.ledger.slots import Ticket, wait_seconds

OWNER = OwnerKey(workspace_id="1", owner="ann")
SECONDS = st.integers(0, 120)


def ticket(limit=5):
    return Ticket(ticket_id="t", owner=OWNER, name="genie", limit=limit, window_seconds=60.0)


def waits(places, frees, *, limit=5, blocked=0.0):
    """Return the waits of all places of a queue."""
    return [
        wait_seconds(place, frees, ticket=ticket(limit), blocked_seconds=blocked)
        for place in range(1, places + 1)
    ]


def test_an_empty_limit_serves_as_many_as_it_allows_in_each_window():
    assert waits(12, []) == [0.0] * 5 + [60.0] * 5 + [120.0] * 2


def test_slots_are_free_one_after_another():
    assert waits(4, [50.0, 10.0, 30.0], limit=3) == [10.0, 30.0, 50.0, 70.0]


def test_a_block_holds_up_all():
    assert waits(3, [], limit=2, blocked=15.0) == [15.0, 15.0, 75.0]


def test_a_limit_that_was_lowered_waits_until_fewer_are_taken():
    assert waits(2, [10.0, 20.0, 30.0], limit=2) == [20.0, 30.0]


@given(st.lists(SECONDS, max_size=8), st.integers(1, 6), SECONDS)
def test_no_window_is_promised_more_than_the_limit(frees, limit, blocked):
    begins = waits(20, frees, limit=limit, blocked=blocked)

    assert begins == sorted(begins)
    assert begins[0] >= blocked
    assert all(later - one >= 60 for one, later in zip(begins, begins[limit:], strict=False))
