"""What was started: known under one token, to its owner only, with its true state."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from lakevisor.errors import LeaseLost
from lakevisor.ledger.values import Action, LaunchLimits, Origin, OwnerKey
from lakevisor_plugin import Started

ORIGIN = Origin(agent="jobs", tool="terminate_databricks_job", turn_id="turn-9", trace_id="tr-9")
LIMITS = LaunchLimits()


async def test_an_intent_is_known_before_its_run_is(store):
    operation = await store.ledger.operations.intend(await store.begin(), store.intent(), LIMITS)
    assert operation.run_id is None
    assert operation.is_open
    assert operation.parameters == {"day": "2026-01-01", "n": 1}
    assert (operation.thread_id, operation.turn_id) == ("a", "turn-1")
    assert await store.ledger.operations.list(store.owner()) == [operation]


async def test_a_token_has_one_row_however_many_intend_it(store):
    lease = await store.begin()
    wishes = [store.ledger.operations.intend(lease, store.intent(), LIMITS) for _ in range(20)]
    assert len(set(map(str, await asyncio.gather(*wishes)))) == 1
    assert [each.entry.action for each in await store.ledger.audit.of(store.owner())] == [
        Action.INTENDED
    ]


async def test_the_resumed_turn_finds_what_was_launched(store):
    lease = await store.begin()
    launched = await store.launch(lease)
    await store.pass_time(31)
    again = await store.ledger.operations.intend(await store.begin(), store.intent(), LIMITS)
    assert again.run_id == launched.run_id
    [found] = await store.ledger.operations.list(store.owner(), turn_id="turn-1")
    assert found.token == launched.token


async def test_nothing_is_intended_under_a_lost_lease(store):
    lease = await store.begin()
    await store.pass_time(31)
    await store.begin("turn-2")
    with pytest.raises(LeaseLost):
        await store.ledger.operations.intend(lease, store.intent(), LIMITS)
    assert await store.ledger.operations.list(store.owner()) == []
    assert await store.ledger.audit.of(store.owner()) == []


async def test_what_runs_is_recorded_also_under_a_lost_lease(store):
    lease = await store.begin()
    await store.ledger.operations.intend(lease, store.intent(), LIMITS)
    await store.ledger.turns.release(lease)
    started = Started(run_id="7", state="PENDING", url="https://x/7")
    operation = await store.ledger.operations.launched(store.token("one"), started)
    assert (operation.run_id, operation.state, operation.url) == ("7", "PENDING", "https://x/7")
    assert operation.launched_at
    assert await store.ledger.operations.launched(store.token("one"), started) == operation


async def test_a_second_run_under_one_token_is_a_bug(store):
    await store.launch(await store.begin(), "one")
    other = Started(run_id="another", state="RUNNING")
    with pytest.raises(RuntimeError):
        await store.ledger.operations.launched(store.token("one"), other)


async def test_one_run_under_two_tokens_is_a_bug(store):
    lease = await store.begin()
    await store.launch(lease, "one")
    await store.ledger.operations.intend(lease, store.intent("two"), LIMITS)
    started = Started(run_id="one", state="RUNNING")
    with pytest.raises(RuntimeError):
        await store.ledger.operations.launched(store.token("two"), started)


@pytest.mark.parametrize("change", ["launched", "abandoned", "note"])
async def test_an_unknown_token_is_a_bug(store, change):
    operations = store.ledger.operations
    known = await store.launch(await store.begin())
    calls = {
        "launched": lambda: operations.launched("none", Started(run_id="1", state="RUNNING")),
        "abandoned": lambda: operations.abandoned("none", "refused"),
        "note": lambda: operations.note(
            replace(known, token="none"), state="RUNNING", is_final=False
        ),
    }
    with pytest.raises(RuntimeError):
        await calls[change]()


async def test_what_was_refused_for_certain_is_not_open_and_can_be_intended_again(store):
    lease = await store.begin()
    await store.ledger.operations.intend(lease, store.intent(), LIMITS)
    refused = await store.ledger.operations.abandoned(store.token("one"), "no permission")
    assert (refused.is_open, refused.abandon_reason) == (False, "no permission")
    again = await store.ledger.operations.intend(lease, store.intent(), LIMITS)
    assert (again.is_open, again.abandon_reason) == (True, None)


async def test_what_runs_is_not_abandoned(store):
    launched = await store.launch(await store.begin())
    assert await store.ledger.operations.abandoned(launched.token, "late") == launched


@pytest.mark.parametrize("other", ["owner", "workspace"])
async def test_another_owners_operation_does_not_exist(store, other):
    await store.launch(await store.begin())
    stranger = store.owner("bob")
    if other == "workspace":
        stranger = OwnerKey(workspace_id="elsewhere", owner="ann")
    assert await store.ledger.operations.get(stranger, "one") is None
    assert await store.ledger.operations.get(stranger, "never was") is None
    assert await store.ledger.operations.list(stranger) == []
    lease = await store.begin(thread="b", owner=stranger)
    assert await store.ledger.operations.claim_untold(lease) == []


async def test_an_administrator_sees_the_workspace_and_no_other(store):
    operations = store.ledger.operations
    launched = await store.launch(await store.begin())
    assert await operations.get_any(store.workspace_id, "one") == launched
    assert await operations.get_any("elsewhere", "one") is None
    assert await operations.list_any(store.workspace_id, job="anomalies") == [launched]
    assert await operations.list_any(store.workspace_id, job="another") == []
    assert await operations.list_any("elsewhere") == []


async def test_operations_are_listed_by_what_is_asked_for(store):
    first = await store.launch(await store.begin(thread="a"), "one")
    second = await store.launch(await store.begin("turn-2", thread="b"), "two", kind="question")
    ended = await store.end(first)
    mine, owner = store.ledger.operations.list, store.owner()
    assert await mine(owner) == [second, ended]
    assert await mine(owner, limit=1) == [second]
    assert await mine(owner, kind="job_run") == [ended]
    assert await mine(owner, only_open=True) == [second]
    assert await mine(owner, thread_key=first.thread_key) == [ended]
    assert await store.ledger.operations.get(owner, "one", kind="question") is None
    assert await store.ledger.operations.get(owner, "one", kind="job_run") == ended


async def test_a_state_is_what_was_last_seen(store):
    launched = await store.launch(await store.begin())
    noted = await store.ledger.operations.note(
        launched, state="QUEUED", is_final=False, url="https://x/new"
    )
    assert (noted.state, noted.url, noted.ended_at) == ("QUEUED", "https://x/new", None)
    noted = await store.ledger.operations.note(noted, state="RUNNING", is_final=False)
    assert (noted.state, noted.url) == ("RUNNING", "https://x/new")


async def test_an_end_stays_an_end(store):
    launched = await store.launch(await store.begin())
    ended = await store.end(launched)
    assert await store.ledger.operations.note(launched, state="RUNNING", is_final=False) == ended


async def test_a_cancel_is_requested_once_and_is_not_an_end(store):
    launched = await store.launch(await store.begin())
    admin = store.owner("admin")
    cancel = store.ledger.operations.request_cancel
    requested = await cancel(launched, by=admin, origin=ORIGIN)
    assert requested.cancel_requested_at
    assert requested.is_open
    assert await cancel(requested, by=admin, origin=ORIGIN) == requested
    [record] = await store.ledger.audit.of(admin)
    assert record.entry.action is Action.CANCEL_REQUESTED
    assert (record.entry.run_id, record.entry.origin) == ("one", ORIGIN)


async def test_what_has_ended_is_not_cancelled(store):
    ended = await store.end(await store.launch(await store.begin()))
    cancel = store.ledger.operations.request_cancel
    assert await cancel(ended, by=store.owner(), origin=ORIGIN) == ended


async def test_a_repaired_run_is_open_again(store):
    ended = await store.end(await store.launch(await store.begin()))
    repair = store.ledger.operations.repaired
    how = {"state": "RUNNING", "by": store.owner(), "origin": ORIGIN, "limits": LIMITS}
    again = await repair(ended, **how)
    assert (again.is_open, again.state, again.repairs) == (True, "RUNNING", 1)
    assert await repair(ended, **how) == again
    assert [each.entry.action for each in await store.ledger.audit.of(store.owner())][:1] == [
        Action.REPAIRED
    ]


async def test_a_look_from_before_a_repair_says_nothing_about_after_it(store):
    launched = await store.launch(await store.begin())
    ended = await store.end(launched)
    again = await store.ledger.operations.repaired(
        ended, state="RUNNING", by=store.owner(), origin=ORIGIN, limits=LIMITS
    )
    assert await store.ledger.operations.note(launched, state="FAILED", is_final=True) == again


async def test_unresolved_is_what_nobody_knows_and_nobody_works_on(store):
    lease = await store.begin()
    await store.launch(lease, "known")
    await store.ledger.operations.intend(lease, store.intent("lost"), LIMITS)
    assert await _unresolved(store, minutes=0) == []
    await store.ledger.turns.release(lease)
    assert await _unresolved(store, minutes=0) == [store.token("lost")]
    assert await _unresolved(store, minutes=5) == []
    await store.pass_time(600)
    assert await _unresolved(store, minutes=5) == [store.token("lost")]


async def test_what_a_resumed_turn_works_on_is_not_unresolved(store):
    lease = await store.begin()
    await store.ledger.operations.intend(lease, store.intent("lost"), LIMITS)
    await store.pass_time(31)
    assert await _unresolved(store, minutes=0) == [store.token("lost")]
    await store.begin()
    assert await _unresolved(store, minutes=0) == []


async def test_it_is_counted_what_the_ledger_holds(store):
    before = await store.ledger.counts()
    lease = await store.begin()
    await store.launch(lease, "known")
    await store.ledger.operations.intend(lease, store.intent("lost"), LIMITS)
    after = await store.ledger.counts()
    grown = {name: value - getattr(before, name) for name, value in vars(after).items()}
    assert grown == {
        "threads": 1,
        "turns": 1,
        "operations": 2,
        "open_operations": 2,
        "unresolved": 1,
        "audit": 3,
    }


async def _unresolved(store, *, minutes):
    found = await store.ledger.operations.unresolved(timedelta(minutes=minutes))
    return [each.token for each in found if each.owner.workspace_id == store.workspace_id]
