"""What has begun already is written down in one step, and is no launch."""

import asyncio
from dataclasses import replace

import pytest

from lakevisor.errors import LeaseLost
from lakevisor.ledger.values import Action, LaunchLimits
from lakevisor_plugin import Started

STARTED = Started(run_id="c1/m1", state="EXECUTING_QUERY", url="https://x/c1")


def question(store, name="one"):
    return store.intent(name, agent="genie", tool="query_genie", kind="genie_question", job="sales")


async def test_it_is_open_from_the_first(store):
    before = await store.ledger.counts()
    operation = await store.ledger.operations.adopt(await store.begin(), question(store), STARTED)

    assert (operation.run_id, operation.state) == ("c1/m1", "EXECUTING_QUERY")
    assert await store.ledger.operations.list(store.owner(), only_open=True) == [operation]
    assert (await store.ledger.counts()).unresolved == before.unresolved


async def test_the_audit_says_that_it_was_begun(store):
    await store.ledger.operations.adopt(await store.begin(), question(store), STARTED)

    actions = [each.entry.action for each in await store.ledger.audit.of(store.owner())]
    assert actions == [Action.LAUNCHED, Action.INTENDED]


async def test_it_is_the_same_however_often_it_is_adopted(store):
    lease = await store.begin()
    adopt = store.ledger.operations.adopt
    every = await asyncio.gather(*[adopt(lease, question(store), STARTED) for _ in range(10)])

    assert len({each.token for each in every}) == 1
    assert len(await store.ledger.operations.list(store.owner())) == 1


async def test_its_token_stands_for_one_run(store):
    lease = await store.begin()
    await store.ledger.operations.adopt(lease, question(store), STARTED)
    other = STARTED.model_copy(update={"run_id": "c2/m2"})

    with pytest.raises(RuntimeError, match="the run"):
        await store.ledger.operations.adopt(lease, question(store), other)


async def test_nothing_is_adopted_under_a_lost_lease(store):
    lease = await store.begin()
    await store.ledger.turns.release(lease)

    with pytest.raises(LeaseLost):
        await store.ledger.operations.adopt(lease, question(store), STARTED)
    assert await store.ledger.operations.list(store.owner()) == []


async def test_a_launch_has_its_room_whatever_was_adopted(store):
    lease = await store.begin()
    await store.ledger.operations.adopt(lease, question(store), STARTED)
    limits = LaunchLimits(launches_per_hour=1, running_per_owner=1, running_per_job=1)

    intended = await store.ledger.operations.intend(lease, store.intent("job"), limits)

    assert intended.is_open


async def test_its_end_is_told_once(store):
    lease = await store.begin()
    operation = await store.ledger.operations.adopt(lease, question(store), STARTED)
    await store.ledger.turns.finish(lease, {})
    await store.end(operation)
    lease = await store.begin("turn-2", thread="b")

    [claimed] = await store.ledger.operations.claim_untold(lease)
    assert claimed.run_id == "c1/m1"
    await store.ledger.turns.finish(lease, {}, told=[claimed.token])
    assert await store.ledger.operations.claim_untold(await store.begin("turn-3")) == []


async def test_what_the_agent_keeps_with_it_is_there_from_the_first(store):
    intent = replace(question(store), details={"question": "How many?"})
    operation = await store.ledger.operations.adopt(await store.begin(), intent, STARTED)

    assert operation.details == {"question": "How many?"}


async def test_of_many_that_read_the_same_one_replaces_it(store):
    operation = await store.ledger.operations.adopt(await store.begin(), question(store), STARTED)
    keep = store.ledger.operations.keep_details
    kept = await asyncio.gather(
        *[keep(operation.token, details={"holder": each}, expected={}) for each in range(10)]
    )

    assert kept.count(True) == 1
    known = await store.ledger.operations.get(store.owner(), "c1/m1")
    assert known.details == {"holder": kept.index(True)}


async def test_the_same_replacement_again_is_no_other_one(store):
    operation = await store.ledger.operations.adopt(await store.begin(), question(store), STARTED)
    keep = store.ledger.operations.keep_details

    assert [await keep(operation.token, details={"a": 1}, expected={}) for _ in range(2)] == [
        True,
        True,
    ]


async def test_with_what_has_ended_nothing_else_is_kept(store):
    operation = await store.ledger.operations.adopt(await store.begin(), question(store), STARTED)
    await store.end(operation)

    keep = store.ledger.operations.keep_details
    assert not await keep(operation.token, details={"a": 1}, expected={})
