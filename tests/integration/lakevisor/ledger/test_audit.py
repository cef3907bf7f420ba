"""The audit is added to and read, never changed."""

import psycopg
import pytest

from lakevisor.ledger.values import Action, AuditEntry, Origin

ORIGIN = Origin(agent="jobs", tool="t", thread_key="k", turn_id="turn-1", trace_id="tr-1")


async def test_an_entry_is_read_as_it_was_written(store):
    entry = AuditEntry(
        owner=store.owner(),
        action=Action.REFUSED,
        origin=ORIGIN,
        job="anomalies",
        run_id="7",
        token="token",
        details={"why": ["not", "allowed"]},
    )
    await store.ledger.audit.append(entry)
    [record] = await store.ledger.audit.of(store.owner())
    assert record.entry == entry
    assert record.at.tzinfo


async def test_the_latest_come_first_and_only_the_owners(store):
    for number in range(3):
        entry = AuditEntry(owner=store.owner(), action=Action.REFUSED, job=str(number))
        await store.ledger.audit.append(entry)
    await store.ledger.audit.append(AuditEntry(owner=store.owner("bob"), action=Action.REFUSED))
    found = await store.ledger.audit.of(store.owner(), limit=2)
    assert [each.entry.job for each in found] == ["2", "1"]
    assert found[0].number > found[1].number


async def test_a_launch_leaves_its_trail(store):
    lease = await store.begin()
    await store.launch(lease)
    launched, intended = await store.ledger.audit.of(store.owner())
    assert (intended.entry.action, launched.entry.action) == (Action.INTENDED, Action.LAUNCHED)
    assert launched.entry.origin == Origin(
        agent="jobs",
        tool="start_databricks_job",
        thread_key=lease.thread_key,
        turn_id="turn-1",
        trace_id="tr-1",
    )
    assert (launched.entry.job, launched.entry.run_id) == ("anomalies", "one")


@pytest.mark.parametrize(
    "change",
    ["UPDATE {}.audit SET owner = 'x'", "DELETE FROM {}.audit", "TRUNCATE {}.audit"],
)
async def test_the_database_refuses_to_change_the_audit(open_pool, schema, change):
    async with open_pool() as pool, pool.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
            await connection.execute(change.format(schema))
