"""Who waited for a lock decides by what stands there then, not by what stood there before."""

import asyncio

import pytest

from lakevisor.errors import LimitReached, ThreadBusy
from lakevisor.ledger.values import LaunchLimits, Lease

THREAD = "SELECT 1 FROM {}.threads WHERE workspace_id = %(id)s FOR UPDATE"
OWNER = "SELECT 1 FROM {}.owners WHERE workspace_id = %(id)s FOR UPDATE"
JOB = "SELECT 1 FROM {}.jobs WHERE workspace_id = %(id)s FOR UPDATE"
WAITING = "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def while_locked(postgres, open_pool, schema):
    """Give a function that lets five calls at once come as far as a locked row, then frees it."""

    async def run(statement, calls):
        async with open_pool() as pool, pool.connection() as holder, holder.transaction():
            await holder.execute(statement.format(schema), {"id": postgres.workspace_id})
            tasks = [asyncio.create_task(call) for call in calls]
            async with pool.connection() as watcher:
                # The database tells nobody that somebody waits: it must be asked.
                while (await (await watcher.execute(WAITING)).fetchone())["n"] < len(tasks):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        return await asyncio.gather(*tasks, return_exceptions=True)

    return run


async def test_of_five_turns_that_wait_for_a_thread_one_gets_it(postgres, while_locked):
    await postgres.ledger.turns.release(await postgres.begin())
    found = await while_locked(THREAD, [postgres.begin(f"next-{number}") for number in range(5)])
    assert sorted(type(each).__name__ for each in found) == [
        Lease.__name__,
        *[ThreadBusy.__name__] * 4,
    ]


@pytest.mark.parametrize(
    ("statement", "limit"),
    [(OWNER, "launches_per_hour"), (OWNER, "running_per_owner"), (JOB, "running_per_job")],
)
async def test_of_five_launches_that_wait_for_a_limit_one_starts(
    postgres, while_locked, statement, limit
):
    names = ["ann"] * 5 if statement == OWNER else [f"user-{number}" for number in range(5)]
    leases = [
        await postgres.begin(thread=f"t{number}", owner=postgres.owner(name))
        for number, name in enumerate(names)
    ]
    await postgres.launch(leases[0], "before")
    intend, limits = postgres.ledger.operations.intend, LaunchLimits(**{limit: 2})
    calls = [intend(lease, postgres.intent(lease.thread_id), limits) for lease in leases]
    found = await while_locked(statement, calls)
    assert [type(each) for each in found].count(LimitReached) == 4
