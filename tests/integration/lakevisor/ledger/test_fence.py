"""The fence inside somebody else's transaction: what a checkpoint's writer relies on."""

import asyncio

import psycopg
import pytest

from lakevisor.ledger.postgres import fence_holds, is_lease_lost, require_fence


async def test_the_question_is_answered(postgres, open_pool, schema):
    lease = await postgres.begin()
    async with open_pool() as pool, pool.connection() as connection:
        cursor = await connection.execute(fence_holds(schema), vars(lease))
        assert await cursor.fetchone()
        await postgres.ledger.turns.release(lease)
        cursor = await connection.execute(fence_holds(schema), vars(lease))
        assert await cursor.fetchone() is None


async def test_in_a_pipeline_nothing_is_written_after_the_lease_is_lost(
    postgres, open_pool, schema
):
    lease = await postgres.begin()
    async with open_pool() as pool, pool.connection() as connection:

        async def write():
            async with connection.pipeline(), connection.transaction():
                await connection.execute(require_fence(schema), vars(lease))
                await connection.execute("INSERT INTO written VALUES (1)")

        await connection.execute("CREATE TEMPORARY TABLE written (n int)")
        await write()
        await postgres.ledger.turns.release(lease)
        with pytest.raises(psycopg.Error) as lost:
            await write()
        assert is_lease_lost(lost.value)
        assert (await (await connection.execute("TABLE written")).fetchall()) == [{"n": 1}]


async def test_nobody_takes_the_thread_over_while_a_checkpoint_is_written(
    postgres, open_pool, schema
):
    lease = await postgres.begin()
    await postgres.pass_time(31)
    async with open_pool() as pool, pool.connection() as connection:
        async with connection.transaction():
            await connection.execute(require_fence(schema), vars(lease))
            taking = asyncio.create_task(postgres.begin("turn-2"))
            done, _ = await asyncio.wait({taking}, timeout=0.2)
            assert not done
        assert (await taking).fence > lease.fence


def test_other_errors_are_not_a_lost_lease():
    assert not is_lease_lost(ValueError())
    assert not is_lease_lost(psycopg.errors.UniqueViolation())
