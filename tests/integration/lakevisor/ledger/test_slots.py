"""No window has more requests than the limit allows, and persons take turns."""

import asyncio
import uuid

import pytest

from lakevisor.ledger.slots import Ticket

ONE_AT_A_TIME = {"limit": 1}


@pytest.fixture
def ticket(store):
    def make(owner="ann", **more):
        values = {"ticket_id": uuid.uuid4().hex, "owner": store.owner(owner), "name": "genie"}
        return Ticket(**{**values, "limit": 5, **more})

    return make


async def ask(store, *tickets):
    """Ask for tickets one after another, and return which may be sent."""
    return [(await store.ledger.slots.ask(each)).is_taken for each in tickets]


async def take_and_send(store, *tickets):
    for each in tickets:
        assert (await store.ledger.slots.ask(each)).is_taken
        await store.ledger.slots.sent(each)


async def test_the_limit_may_be_sent_at_once_and_no_more(store, ticket):
    places = await asyncio.gather(*[store.ledger.slots.ask(ticket(f"p{n}")) for n in range(12)])

    assert sorted(each.is_taken for each in places) == [False] * 7 + [True] * 5


async def test_a_minute_after_it_was_sent_a_request_makes_room(store, ticket):
    await take_and_send(store, *[ticket() for _ in range(5)])
    late = ticket("bob")
    await store.pass_time(59)
    assert await ask(store, late) == [False]
    await store.pass_time(2)
    assert await ask(store, late) == [True]


async def test_what_is_still_being_sent_counts_until_it_is_known_to_be_sent(store, ticket):
    first, late = ticket(**ONE_AT_A_TIME), ticket("bob", alive_seconds=1000.0, **ONE_AT_A_TIME)
    await ask(store, first, late)
    await store.pass_time(100)
    assert await ask(store, late) == [False]
    await store.ledger.slots.sent(first)
    await store.pass_time(59)
    assert await ask(store, late) == [False]
    await store.pass_time(2)
    assert await ask(store, late) == [True]


async def test_a_slot_whose_process_died_is_free_in_the_end(store, ticket):
    first, late = ticket(**ONE_AT_A_TIME), ticket("bob", alive_seconds=1000.0, **ONE_AT_A_TIME)
    await ask(store, first, late)
    await store.pass_time(121)

    assert await ask(store, late) == [True]


async def test_who_has_many_requests_does_not_starve_who_has_one(store, ticket):
    await take_and_send(store, *[ticket(f"p{n}") for n in range(5)])
    many = [ticket("ann", alive_seconds=1000.0) for _ in range(20)]
    one = ticket("bob", alive_seconds=1000.0)
    await ask(store, *many, one)
    await store.pass_time(61)

    assert await ask(store, *reversed(many)) == [False] * 16 + [True] * 4
    assert await ask(store, one) == [True]


async def test_what_a_person_has_just_sent_is_a_round_that_was_had(store, ticket):
    await take_and_send(store, *[ticket("ann") for _ in range(2)])
    await store.pass_time(30)
    await take_and_send(store, *[ticket("cid") for _ in range(3)])
    earlier, later = (ticket(name, alive_seconds=1000.0) for name in ("cid", "bob"))
    await ask(store, earlier, later)
    await store.pass_time(31)

    third = ticket("ann", alive_seconds=1000.0)
    assert await ask(store, third, earlier) == [True, False]
    assert await ask(store, later) == [True]


async def test_a_first_request_goes_before_a_second_however_long_that_waits(store, ticket):
    patient = {"alive_seconds": 1000.0, **ONE_AT_A_TIME}
    await take_and_send(store, ticket("ann", **patient))
    second = ticket("ann", **patient)
    await ask(store, second)
    await store.pass_time(50)
    late = ticket("bob", **patient)
    await ask(store, late)
    await store.pass_time(11)

    assert await ask(store, second, late) == [False, True]


async def test_persons_who_all_wait_are_served_in_turn(store, ticket):
    patient = {"alive_seconds": 10_000.0, **ONE_AT_A_TIME}
    waiting = [ticket(name, **patient) for name in ("ann", "ann", "ann", "bob", "bob", "cid")]
    await ask(store, *waiting)
    served = [waiting.pop(0)]
    while waiting:
        await store.ledger.slots.sent(served[-1])
        await store.pass_time(61)
        is_taken = await ask(store, *waiting)
        served.append(waiting.pop(is_taken.index(True)))

    names = [each.owner for each in served]
    ann, bob, cid = (store.owner(name) for name in ("ann", "bob", "cid"))
    assert names == [ann, bob, cid, ann, bob, ann]


async def test_who_gives_no_sign_of_life_loses_the_place(store, ticket):
    await take_and_send(store, ticket(**ONE_AT_A_TIME))
    await store.pass_time(40)
    dead, alive = ticket("bob", **ONE_AT_A_TIME), ticket("cid", **ONE_AT_A_TIME)
    await ask(store, dead, alive)
    await store.pass_time(10)
    await ask(store, alive)
    await store.pass_time(12)

    assert await ask(store, alive) == [True]


async def test_who_leaves_makes_room_for_the_next(store, ticket):
    first, second = ticket(**ONE_AT_A_TIME), ticket("bob", **ONE_AT_A_TIME)
    assert await ask(store, first, second) == [True, False]
    await store.ledger.slots.leave(first)

    assert await ask(store, second) == [True]


async def test_what_was_sent_cannot_be_left(store, ticket):
    first = ticket(**ONE_AT_A_TIME)
    await take_and_send(store, first)
    await store.ledger.slots.leave(first)

    assert await ask(store, ticket(**ONE_AT_A_TIME)) == [False]


async def test_a_slot_whose_answer_was_lost_is_the_same_when_it_is_asked_for_again(store, ticket):
    first = ticket(limit=2)

    assert await ask(store, first, first, ticket(limit=2)) == [True, True, True]


async def test_nobody_goes_while_the_limit_is_blocked(store, ticket):
    await store.ledger.slots.block(store.owner(), "genie", seconds=30)
    late = ticket("bob", alive_seconds=1000.0)
    place = await store.ledger.slots.ask(late)
    await store.ledger.slots.block(store.owner(), "genie", seconds=5)
    await store.pass_time(28)
    assert await ask(store, late) == [False]
    await store.pass_time(3)

    assert place.wait_seconds == pytest.approx(30, abs=3)
    assert await ask(store, late) == [True]


async def test_the_wait_is_estimated_by_who_is_before(store, ticket):
    await take_and_send(store, *[ticket("ann") for _ in range(5)])
    await store.pass_time(20)
    waits = [(await store.ledger.slots.ask(ticket(f"p{n}"))).wait_seconds for n in range(7)]

    assert waits == pytest.approx([40.5] * 5 + [101] * 2, abs=6)


async def test_names_and_workspaces_have_limits_of_their_own(store, ticket):
    await take_and_send(store, ticket(**ONE_AT_A_TIME))
    elsewhere = type(store)(ledger=store.ledger, pass_time=store.pass_time)

    assert await ask(store, ticket(name="other", **ONE_AT_A_TIME)) == [True]
    assert await ask(store, ticket(owner="ann", **ONE_AT_A_TIME)) == [False]
    stranger = Ticket(ticket_id=uuid.uuid4().hex, owner=elsewhere.owner(), name="genie", limit=1)
    assert await ask(store, stranger) == [True]
