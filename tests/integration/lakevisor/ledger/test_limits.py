"""Limits are exact, however many ask at once."""

import asyncio

import pytest

from lakevisor.errors import LimitReached
from lakevisor.ledger.values import Action, LaunchLimits, Origin


async def test_exactly_the_allowed_number_starts_of_200_at_once(store):
    leases = [await store.begin(thread=f"t{number}") for number in range(8)]
    limits = LaunchLimits(launches_per_hour=17)
    outcomes = await asyncio.gather(
        *[_try(store, leases[number % 8], limits, f"{number}") for number in range(200)]
    )
    assert sorted(outcomes) == ["launches_per_hour"] * 183 + ["started"] * 17
    assert len(await store.ledger.operations.list(store.owner(), limit=1000)) == 17


async def test_a_job_has_one_limit_for_all_owners(store):
    leases = [
        await store.begin(thread=f"t{number}", owner=store.owner(f"user-{number}"))
        for number in range(8)
    ]
    limits = LaunchLimits(running_per_job=5, running_per_owner=3)
    outcomes = await asyncio.gather(
        *[_try(store, leases[number % 8], limits, f"{number}") for number in range(80)]
    )
    assert outcomes.count("started") == 5
    assert set(outcomes) <= {"started", "running_per_job", "running_per_owner"}


async def test_another_job_and_another_owner_have_room_of_their_own(store):
    lease = await store.begin()
    limits = LaunchLimits(running_per_job=1)
    assert await _try(store, lease, limits, "one") == "started"
    assert await _try(store, lease, limits, "two") == "running_per_job"
    assert await _try(store, lease, limits, "three", job="another") == "started"
    assert await _try(store, lease, limits, "four", job=None) == "started"
    assert await _try(store, lease, LaunchLimits(running_per_owner=3), "five") == (
        "running_per_owner"
    )
    other = await store.begin(thread="b", owner=store.owner("bob"))
    assert await _try(store, other, LaunchLimits(running_per_owner=3), "six") == "started"


async def test_each_kind_is_counted_by_itself(store):
    lease = await store.begin()
    limits = LaunchLimits(launches_per_hour=1, running_per_owner=1, running_per_job=1)
    assert await _try(store, lease, limits, "one") == "started"
    assert await _try(store, lease, limits, "two", kind="export") == "started"
    assert await _try(store, lease, limits, "three", kind="export") == "launches_per_hour"
    open_alone = LaunchLimits(running_per_owner=1)
    assert await _try(store, lease, open_alone, "four", kind="export") == "running_per_owner"
    assert await _try(store, lease, open_alone, "five", kind="report") == "started"


async def test_what_has_ended_makes_room_for_another_run(store):
    lease = await store.begin()
    operation = await store.launch(lease, "one")
    limits = LaunchLimits(running_per_owner=1, running_per_job=1)
    assert await _try(store, lease, limits, "two") == "running_per_owner"
    await store.end(operation)
    assert await _try(store, lease, limits, "two") == "started"


@pytest.mark.parametrize("limit", ["running_per_owner", "running_per_job"])
async def test_a_repair_needs_room_like_a_launch(store, limit):
    lease, limits = await store.begin(), LaunchLimits(**{limit: 1})
    ended = await store.end(await store.launch(lease, "one"))
    other = await store.launch(lease, "two")
    with pytest.raises(LimitReached) as refused:
        await _repair(store, ended, limits)
    assert (refused.value.limit, refused.value.allowed) == (limit, 1)
    assert await store.ledger.operations.get(store.owner(), "one") == ended
    await store.end(other)
    again = await _repair(store, ended, limits)
    assert again.is_open
    assert await _repair(store, ended, limits) == again


async def test_what_was_repaired_takes_the_room_of_a_launch(store):
    lease, limits = await store.begin(), LaunchLimits(running_per_owner=1)
    ended = await store.end(await store.launch(lease, "one"))
    await _repair(store, ended, limits)
    assert await _try(store, lease, limits, "two") == "running_per_owner"


async def test_exactly_the_allowed_number_of_launches_and_repairs_goes_on(store):
    leases = [await store.begin(thread=f"t{number}") for number in range(8)]
    ended = [await store.end(await store.launch(leases[0], f"old-{n}")) for n in range(20)]
    limits = LaunchLimits(running_per_owner=7)
    await asyncio.gather(
        *[_repair(store, each, limits) for each in ended],
        *[_try(store, leases[n % 8], limits, f"{n}") for n in range(20)],
        return_exceptions=True,
    )
    going_on = await store.ledger.operations.list(store.owner(), only_open=True, limit=100)
    assert len(going_on) == 7


async def test_a_repair_that_is_refused_stands_in_the_audit(store):
    lease = await store.begin()
    ended = await store.end(await store.launch(lease))
    with pytest.raises(LimitReached):
        await _repair(store, ended, LaunchLimits(running_per_owner=0))
    [record, *_] = await store.ledger.audit.of(store.owner())
    assert (record.entry.action, record.entry.run_id) == (Action.REFUSED, "one")
    assert record.entry.details == {"limit": "running_per_owner"}


async def test_what_was_refused_for_certain_does_not_count(store):
    lease = await store.begin()
    limits = LaunchLimits(running_per_owner=1, running_per_job=1, launches_per_hour=1)
    assert await _try(store, lease, limits, "one") == "started"
    await store.ledger.operations.abandoned(store.token("one"), "no permission")
    assert await _try(store, lease, limits, "two") == "started"
    assert await _try(store, lease, limits, "one") == "launches_per_hour"


async def test_what_is_known_needs_no_room(store):
    lease = await store.begin()
    limits = LaunchLimits(running_per_owner=1, launches_per_hour=1)
    assert await _try(store, lease, limits, "one") == "started"
    assert await _try(store, lease, limits, "one") == "started"


async def test_the_hour_goes_by(store):
    lease, limits = await store.begin(), LaunchLimits(launches_per_hour=2)
    assert await _try(store, lease, limits, "one") == "started"
    await store.pass_time(600)
    assert await _try(store, lease, limits, "two") == "started"
    with pytest.raises(LimitReached) as refused:
        await store.ledger.operations.intend(lease, store.intent("three"), limits)
    assert refused.value.retry_after_seconds == pytest.approx(3000, abs=10)
    assert refused.value.allowed == 2
    await store.pass_time(refused.value.retry_after_seconds + 1)
    assert await _try(store, lease, limits, "three") == "started"


@pytest.mark.parametrize("limit", ["launches_per_hour", "running_per_owner", "running_per_job"])
async def test_a_limit_of_zero_lets_nothing_start(store, limit):
    lease = await store.begin()
    with pytest.raises(LimitReached) as refused:
        await store.ledger.operations.intend(lease, store.intent(), LaunchLimits(**{limit: 0}))
    assert (refused.value.limit, refused.value.retry_after_seconds) == (limit, None)


async def test_a_refusal_stands_in_the_audit_and_nowhere_else(store):
    lease = await store.begin()
    await _try(store, lease, LaunchLimits(running_per_job=0), "one")
    [record] = await store.ledger.audit.of(store.owner())
    assert record.entry.action is Action.REFUSED
    assert record.entry.details == {"limit": "running_per_job"}
    assert await store.ledger.operations.list(store.owner()) == []


async def _try(store, lease, limits, name, **more):
    """Return `started`, or the limit that is reached."""
    try:
        await store.ledger.operations.intend(lease, store.intent(name, **more), limits)
    except LimitReached as error:
        return error.limit
    return "started"


async def _repair(store, ended, limits):
    return await store.ledger.operations.repaired(
        ended, state="RUNNING", by=ended.owner, origin=Origin(), limits=limits
    )
