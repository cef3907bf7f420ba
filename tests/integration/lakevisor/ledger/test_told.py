"""What has ended is told to its owner once, whoever dies."""

import asyncio

import pytest

from lakevisor.errors import LeaseLost
from lakevisor.ledger.values import LaunchLimits, Origin


async def test_an_end_is_told_once_in_any_thread(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    lease = await store.begin(thread="b")
    assert await store.ledger.operations.claim_untold(lease) == [ended]
    await store.ledger.turns.finish(lease, "It has ended.", told=[ended.token])
    assert (await store.ledger.operations.get(store.owner(), "one")).told_at
    assert await _untold(store, thread="c") == []


async def test_what_runs_is_not_told(store):
    operation = await store.launch(await store.begin(thread="a"))
    lease = await store.begin(thread="b")
    assert await store.ledger.operations.claim_untold(lease) == []
    await store.ledger.turns.finish(lease, "Hi", told=[operation.token])
    await store.end(operation)
    assert await _untold(store, thread="c") == [operation.token]


async def test_of_many_turns_at_once_one_tells_it(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    leases = [await store.begin(thread=f"t{number}") for number in range(12)]
    claims = await asyncio.gather(*map(store.ledger.operations.claim_untold, leases))
    assert [claim for claim in claims if claim] == [[ended]]


async def test_the_turn_that_has_claimed_it_sees_it_again(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    lease = await store.begin(thread="b")
    assert await store.ledger.operations.claim_untold(lease) == [ended]
    assert await store.ledger.operations.claim_untold(lease) == [ended]


@pytest.mark.parametrize("end", ["released", "expired", "finished without it"])
async def test_a_turn_that_did_not_tell_leaves_it_to_the_next(store, end):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    lease = await store.begin(thread="b")
    await store.ledger.operations.claim_untold(lease)
    if end == "released":
        await store.ledger.turns.release(lease)
    elif end == "expired":
        await store.pass_time(31)
    else:
        await store.ledger.turns.finish(lease, "Hi")
    assert await _untold(store, thread="c") == [ended.token]


async def test_a_turn_whose_claim_went_to_another_cannot_finish(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    frozen = await store.begin(thread="b")
    await store.ledger.operations.claim_untold(frozen)
    await store.pass_time(31)
    assert await _untold(store, thread="c") == [ended.token]
    with pytest.raises(LeaseLost):
        await store.ledger.turns.finish(frozen, "It has ended.", told=[ended.token])
    with pytest.raises(LeaseLost):
        await store.ledger.turns.extend(frozen)


async def test_the_resumed_turn_tells_it(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    await store.ledger.operations.claim_untold(await store.begin(thread="b"))
    await store.pass_time(31)
    resumed = await store.begin(thread="b")
    [found] = await store.ledger.operations.claim_untold(resumed)
    assert found.token == ended.token


async def test_who_lost_the_lease_tells_nothing(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    late = await store.begin("turn-1", thread="b")
    await store.pass_time(31)
    await store.begin("turn-2", thread="b")
    with pytest.raises(LeaseLost):
        await store.ledger.operations.claim_untold(late)
    with pytest.raises(LeaseLost):
        await store.ledger.turns.finish(late, "It has ended.", told=[ended.token])
    assert (await store.ledger.operations.get(store.owner(), "one")).told_at is None


async def test_the_end_after_a_repair_is_told_too(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    lease = await store.begin(thread="b")
    await store.ledger.operations.claim_untold(lease)
    await store.ledger.turns.finish(lease, "It failed.", told=[ended.token])
    told = await store.ledger.operations.get(store.owner(), "one")
    again = await store.ledger.operations.repaired(
        told, state="RUNNING", by=store.owner(), origin=Origin(), limits=LaunchLimits()
    )
    assert await _untold(store, thread="c") == []
    await store.end(again)
    assert await _untold(store, thread="d") == [ended.token]


async def test_nobody_marks_what_is_another_owners(store):
    ended = await store.end(await store.launch(await store.begin(thread="a")))
    lease = await store.begin(thread="b", owner=store.owner("bob"))
    await store.ledger.turns.finish(lease, "Hi", told=[ended.token])
    assert await _untold(store, thread="c") == [ended.token]


async def _untold(store, *, thread):
    found = await store.ledger.operations.claim_untold(await store.begin(thread=thread))
    return [each.token for each in found]
