"""The threads of an owner are listed, and can be forgotten."""

import pytest

from lakevisor.errors import LeaseLost


async def _ids(store, name="ann", **options):
    listed = await store.ledger.threads.list(store.owner(name), **options)
    return [each.thread_id for each in listed]


async def test_an_owner_has_their_own_threads_with_the_latest_turn_first(store):
    for number, thread in enumerate("aba"):
        lease = await store.begin(f"turn-{number}", thread=thread)
        await store.ledger.turns.finish(lease, "Hi")
    await store.begin(thread="c", owner=store.owner("bob"))

    assert await _ids(store) == ["a", "b"]
    assert await _ids(store, limit=1) == ["a"]
    assert await _ids(store, thread_key=f"{store.workspace_id}/b") == ["b"]
    assert await _ids(store, thread_key=f"{store.workspace_id}/c") == []


async def test_a_thread_on_which_a_turn_works_is_busy(store):
    lease = await store.begin()
    [busy] = await store.ledger.threads.list(store.owner())
    await store.ledger.turns.finish(lease, "Hi")
    [idle] = await store.ledger.threads.list(store.owner())

    assert (busy.is_busy, idle.is_busy) == (True, False)


async def test_a_forgotten_thread_is_gone_with_its_answers(store):
    first = await store.begin()
    await store.ledger.turns.finish(first, "Hi")
    lease = await store.begin("deleting")
    await store.ledger.threads.forget(lease)

    assert await _ids(store) == []
    assert await store.ledger.turns.answer(lease.thread_key, first.turn_id) is None
    with pytest.raises(LeaseLost):
        await store.ledger.turns.extend(lease)


async def test_the_fence_of_a_forgotten_thread_goes_on_growing(store):
    lease = await store.begin()
    await store.ledger.threads.forget(lease)
    again = await store.begin()

    assert again.fence > lease.fence
    assert not again.is_resumed
    assert await _ids(store) == ["a"]


async def test_who_lost_the_lease_forgets_nothing(store):
    lost = await store.begin()
    await store.pass_time(31)
    await store.begin("turn-2")

    with pytest.raises(LeaseLost):
        await store.ledger.threads.forget(lost)
    assert await _ids(store) == ["a"]
