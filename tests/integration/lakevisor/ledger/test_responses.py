"""Responses in the background are accepted once, worked on by one, and end once."""

from datetime import timedelta

import pytest

from lakevisor.errors import LeaseLost, TooManyInBackground, TurnConflict
from lakevisor.ledger import ResponseStart, Written

CREATED = {"sequence_number": 0, "type": "response.created"}
TEXT = {"sequence_number": 1, "text": "half of a pair: \ud83d, and a zero byte: \x00"}
DONE = {"sequence_number": 2, "type": "response.completed"}
BEGUN = Written(status="in_progress", is_begun=True)
COMPLETED = Written(status="completed")


def _start(store, turn_id="turn-1", *, thread="a", **more):
    values = {
        "owner": store.owner(),
        "thread_key": f"{store.workspace_id}/{thread}",
        "thread_id": thread,
        "turn_id": turn_id,
        "body_digest": "hello",
        "request": {"text": "Hello"},
        "needs_owner": False,
    }
    return ResponseStart(**values | more)


async def _accept(store, turn_id="turn-1", **more):
    start = _start(store, turn_id, **more)
    return await store.ledger.responses.accept(start, [CREATED], most_open=3)


async def _taken(store, turn_id="turn-1", **more):
    return await store.ledger.responses.take(await _accept(store, turn_id, **more), seconds=10)


async def _waiting(store, **options):
    found = await store.ledger.responses.waiting(store.workspace_id, **options)
    return [each.turn_id for each in found]


async def test_a_request_is_accepted_once_with_its_first_events(store):
    first = await _accept(store)
    again = await _accept(store)
    events = await store.ledger.responses.events(first.thread_key, "turn-1")

    assert (first.status, first.attempts, first.request) == ("queued", 0, {"text": "Hello"})
    assert again == first
    assert events == [CREATED]


async def test_the_same_id_with_another_body_is_a_conflict(store):
    await _accept(store)
    await store.begin("turn-2")

    for turn_id in ("turn-1", "turn-2"):
        with pytest.raises(TurnConflict):
            await _accept(store, turn_id, body_digest="goodbye")


async def test_an_owner_has_no_more_than_the_limit_open(store):
    taken = await _taken(store)
    await _accept(store, "turn-2")
    await _accept(store, "turn-3")
    with pytest.raises(TooManyInBackground):
        await _accept(store, "turn-4")
    await _accept(store, "turn-3")
    await _accept(store, "of-bob", owner=store.owner("bob"))
    await store.ledger.responses.write(taken, [], seconds=10, written=COMPLETED)

    assert await _accept(store, "turn-4")


async def test_one_at_a_time_takes_a_response_and_who_is_late_writes_nothing(store):
    responses = store.ledger.responses
    first = await _taken(store)
    refused = await responses.take(first, seconds=10)
    await store.pass_time(11)
    second = await responses.take(first, seconds=10)
    with pytest.raises(LeaseLost):
        await responses.write(first, [TEXT], seconds=10)

    assert refused is None
    assert second.fence > first.fence
    assert await responses.events(first.thread_key, "turn-1") == [CREATED]


async def test_a_sign_of_life_holds_a_response(store):
    taken = await _taken(store)
    for _ in range(3):
        await store.pass_time(8)
        taken = await store.ledger.responses.write(taken, [], seconds=10)

    assert taken.is_held
    assert await _waiting(store) == []


async def test_what_is_released_can_be_taken_at_once(store):
    taken = await _taken(store)
    await store.ledger.responses.release(taken)

    assert await _waiting(store) == ["turn-1"]
    with pytest.raises(LeaseLost):
        await store.ledger.responses.write(taken, [], seconds=10)


async def test_events_are_written_once_and_read_from_any_place(store):
    responses, taken = store.ledger.responses, await _taken(store)
    for _ in range(2):
        await responses.write(taken, [TEXT, DONE], seconds=10)
    key = taken.thread_key, "turn-1"

    assert await responses.events(*key) == [CREATED, TEXT, DONE]
    assert await responses.events(*key, after=0, limit=1) == [TEXT]
    assert await responses.last_event(*key) == DONE


async def test_an_end_is_an_end_and_keeps_no_request(store):
    responses, taken = store.ledger.responses, await _taken(store)
    begun = await responses.write(taken, [], seconds=10, written=BEGUN)
    ended = await responses.write(taken, [DONE], seconds=10, written=COMPLETED)
    with pytest.raises(LeaseLost):
        await responses.write(taken, [], seconds=10)
    after = await responses.request_cancel(taken.thread_key, "turn-1")

    assert (begun.status, begun.attempts, begun.request) == ("in_progress", 1, {"text": "Hello"})
    assert (ended.status, ended.attempts, ended.request) == ("completed", 1, None)
    assert (after.status, after.cancel_requested_at) == ("completed", None)


async def test_those_of_one_thread_come_one_after_the_other(store):
    first = await _accept(store, "z")
    later = await _accept(store, "a")
    await _accept(store, "b", thread="b")
    responses = store.ledger.responses
    early = await responses.take(later, seconds=10)
    before = await _waiting(store)
    taken = await responses.take(first, seconds=10)
    await responses.write(taken, [DONE], seconds=10, written=COMPLETED)

    assert early is None
    assert before == ["z", "b"]
    assert await _waiting(store) == ["a", "b"]


async def test_what_is_to_be_cancelled_waits_for_nobody(store):
    await _accept(store, "z")
    await _accept(store, "a", needs_owner=True)
    before = await _waiting(store)
    asked = await store.ledger.responses.request_cancel(f"{store.workspace_id}/a", "a")

    assert before == ["z"]
    assert asked.cancel_requested_at is not None
    assert await _waiting(store) == ["z", "a"]


async def test_only_an_owners_or_all_of_a_workspace_are_waiting(store):
    await _accept(store)
    await _accept(store, "his", owner=store.owner("bob"), thread="b")

    assert await _waiting(store) == ["turn-1", "his"]
    assert await _waiting(store, owner="bob") == ["his"]
    assert await _waiting(store, limit=1) == ["turn-1"]


async def test_there_is_no_response_on_another_thread(store):
    await _accept(store)
    responses = store.ledger.responses

    assert await responses.get("elsewhere", "turn-1") is None
    assert await responses.request_cancel("elsewhere", "turn-1") is None
    assert await responses.events("elsewhere", "turn-1") == []
    assert await responses.last_event("elsewhere", "turn-1") is None


async def test_what_ended_or_was_never_taken_up_is_forgotten(store):
    responses = store.ledger.responses
    ended, held = await _taken(store), await _taken(store, "held", thread="b")
    await responses.write(ended, [DONE], seconds=10, written=COMPLETED)
    await _accept(store, "never", thread="c")
    await store.pass_time(3700)
    held = await responses.write(held, [], seconds=10)
    await responses.forget(timedelta(hours=1))

    assert await responses.get(ended.thread_key, "turn-1") is None
    assert await responses.events(ended.thread_key, "turn-1") == []
    assert await responses.get(f"{store.workspace_id}/c", "never") is None
    assert await responses.get(held.thread_key, "held")


async def test_a_forgotten_thread_takes_its_responses_along(store):
    await _accept(store)
    lease = await store.begin("deleting")
    await store.ledger.threads.forget(lease)

    assert await store.ledger.responses.get(lease.thread_key, "turn-1") is None
