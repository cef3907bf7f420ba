"""One turn at a time on a thread, and each turn once."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from lakevisor.errors import LeaseLost, RequestError, ThreadBusy, TurnConflict, TurnRunning
from lakevisor.ledger.values import Lease, StoredAnswer


async def test_a_finished_turn_gives_its_answer_again(store):
    lease = await store.begin()
    await store.ledger.turns.finish(lease, {"text": "Hi\0", "runs": [1, None, "\ud800"]})
    again = await store.ledger.turns.begin(store.start())
    assert isinstance(again, StoredAnswer)
    assert again.answer == {"text": "Hi\0", "runs": [1, None, "\ud800"]}


async def test_an_answer_is_read_once_its_turn_has_finished_and_on_its_own_thread_only(store):
    lease, turns = await store.begin(), store.ledger.turns
    assert await turns.answer(lease.thread_key, lease.turn_id) is None
    await turns.finish(lease, {"text": "Hi"})
    stored = await turns.answer(lease.thread_key, lease.turn_id)
    assert stored is not None
    assert stored.answer == {"text": "Hi"}
    assert await turns.answer("another", lease.turn_id) is None
    assert await turns.answer(lease.thread_key, "another") is None


@pytest.mark.parametrize("is_finished", [True, False])
async def test_another_body_under_the_same_id_is_a_conflict(store, is_finished):
    lease = await store.begin()
    if is_finished:
        await store.ledger.turns.finish(lease, "Hi")
    with pytest.raises(TurnConflict):
        await store.begin(body_digest="other")


async def test_the_same_turn_is_running_until_its_lease_ends(store):
    first = await store.begin()
    with pytest.raises(TurnRunning):
        await store.begin()
    await store.pass_time(31)
    second = await store.begin()
    assert second.is_resumed
    assert not first.is_resumed
    assert second.fence > first.fence


async def test_the_holder_that_never_saw_its_lease_gets_the_thread_again(store):
    first = await store.begin(holder="me")
    second = await store.begin(holder="me")
    assert second.fence > first.fence


async def test_a_thread_is_busy_with_one_turn(store):
    lease = await store.begin("turn-1")
    with pytest.raises(ThreadBusy):
        await store.begin("turn-2")
    await store.ledger.turns.finish(lease, "Hi")
    assert not (await store.begin("turn-2")).is_resumed


async def test_other_threads_are_not_busy(store):
    await store.begin(thread="a")
    assert await store.begin(thread="b")


async def test_a_heartbeat_keeps_the_lease(store):
    lease = await store.begin()
    await store.pass_time(20)
    await store.ledger.turns.extend(lease)
    await store.pass_time(20)
    with pytest.raises(ThreadBusy):
        await store.begin("turn-2")


async def test_a_lease_that_nobody_took_over_is_good_again(store):
    lease = await store.begin()
    await store.pass_time(60)
    await store.ledger.turns.extend(lease)
    with pytest.raises(TurnRunning):
        await store.begin()


async def test_who_was_overtaken_writes_nothing(store):
    late = await store.begin("turn-1")
    await store.pass_time(31)
    await store.begin("turn-2")
    with pytest.raises(LeaseLost):
        await store.ledger.turns.extend(late)
    with pytest.raises(LeaseLost):
        await store.ledger.turns.finish(late, "too late")
    with pytest.raises(ThreadBusy):
        await store.begin("turn-1")


async def test_a_release_by_who_was_overtaken_changes_nothing(store):
    late = await store.begin("turn-1")
    await store.pass_time(31)
    await store.begin("turn-2")
    await store.ledger.turns.release(late)
    with pytest.raises(ThreadBusy):
        await store.begin("turn-3")


async def test_a_released_turn_can_be_resumed_at_once(store):
    lease = await store.begin()
    await store.ledger.turns.release(lease)
    with pytest.raises(LeaseLost):
        await store.ledger.turns.extend(lease)
    assert (await store.begin()).is_resumed


async def test_finishing_again_after_a_lost_answer_is_fine(store):
    lease = await store.begin()
    await store.ledger.turns.finish(lease, "first")
    await store.ledger.turns.finish(lease, "second")
    assert (await store.ledger.turns.begin(store.start())).answer == "first"


async def test_after_its_end_a_lease_holds_no_more(store):
    lease = await store.begin()
    await store.ledger.turns.finish(lease, "Hi")
    with pytest.raises(LeaseLost):
        await store.ledger.turns.extend(lease)


async def test_of_many_same_requests_at_once_one_works(store):
    outcomes = await asyncio.gather(*[_try(store, store.start()) for _ in range(50)])
    [lease] = [each for each in outcomes if isinstance(each, Lease)]
    assert [each for each in outcomes if each != lease] == [TurnRunning] * 49
    await store.ledger.turns.finish(lease, "Hi")
    answers = await asyncio.gather(*[_try(store, store.start()) for _ in range(50)])
    assert {each.answer for each in answers} == {"Hi"}


async def test_of_many_turns_at_once_one_has_the_thread(store):
    starts = [store.start(f"turn-{number}") for number in range(50)]
    outcomes = await asyncio.gather(*[_try(store, start) for start in starts])
    assert sorted(map(str, outcomes))[:49] == [str(ThreadBusy)] * 49
    assert sum(isinstance(each, Lease) for each in outcomes) == 1


async def test_of_two_that_finish_at_once_only_the_fence_that_counts_writes(store):
    late = await store.begin()
    await store.pass_time(31)
    lease = await store.begin()
    finishing = [store.ledger.turns.finish(each, each.holder) for each in [late, lease] * 5]
    outcomes = await asyncio.gather(*finishing, return_exceptions=True)
    assert {type(each) for each in outcomes[0::2]} == {LeaseLost}
    assert set(outcomes[1::2]) == {None}
    assert (await store.ledger.turns.begin(store.start())).answer == lease.holder


async def test_fences_grow_by_thread_only(store):
    lease = await store.begin(thread="a")
    other = await store.begin(thread="b")
    with pytest.raises(LeaseLost):
        await store.ledger.turns.extend(replace(lease, fence=lease.fence + 1))
    await store.ledger.turns.extend(other)


async def test_old_answers_are_forgotten_and_unfinished_turns_are_not(store):
    await store.ledger.turns.finish(await store.begin("old"), "Hi")
    await store.ledger.turns.release(await store.begin("unfinished"))
    await store.pass_time(3600)
    await store.ledger.turns.finish(await store.begin("new"), "Hi")
    assert await store.ledger.turns.forget_answers(timedelta(minutes=30)) >= 1
    assert isinstance(await store.ledger.turns.begin(store.start("new")), StoredAnswer)
    lease = await store.begin("old")
    assert not lease.is_resumed
    await store.ledger.turns.release(lease)
    assert (await store.begin("unfinished")).is_resumed


async def _try(store, start):
    """Return what `begin` gives, or the class of its refusal."""
    try:
        return await store.ledger.turns.begin(start)
    except RequestError as error:
        return type(error)


async def test_a_resumed_turn_says_when_it_was_begun_first(store):
    first = await store.begin()
    await store.pass_time(100)
    again = await store.begin()
    other = await store.begin("turn-2", thread="b")

    assert (first.is_resumed, again.is_resumed) == (False, True)
    assert (other.begun_at - again.begun_at).total_seconds() == pytest.approx(100, abs=10)
