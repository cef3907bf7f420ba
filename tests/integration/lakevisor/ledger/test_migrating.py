"""Migrations: safe for many at once, and never silent about what they do not know."""

import asyncio
import subprocess
import sys
import uuid

import pytest
import pytest_asyncio

from lakevisor.errors import LakebaseError, LedgerNotMigrated
from lakevisor.ledger.migrating import known_migrations, migrate, require_current, status
from lakevisor.ledger.postgres import PostgresLedger

NAMES = [each.name for each in known_migrations()]
MIGRATE = """
import asyncio, os, sys
from psycopg_pool import AsyncConnectionPool
from lakevisor.ledger.migrating import migrate

async def main():
    options = {"min_size": 1, "max_size": 1, "open": False}
    async with AsyncConnectionPool(sys.argv[1], kwargs={"autocommit": True}, **options) as pool:
        assert (await migrate(pool, sys.argv[2])).is_current

# What is slow is imported once, so that the processes really start at the same time.
children = []
for _ in range(8):
    children.append(os.fork())
    if children[-1] == 0:
        asyncio.run(main())
        sys.exit()
sys.exit(any([os.waitpid(child, 0)[1] for child in children]))
"""


@pytest.fixture
def empty():
    """Give the name of a schema that is not there."""
    return f"ledger_{uuid.uuid4().hex}"


@pytest_asyncio.fixture
async def pool(open_pool):
    async with open_pool() as pool:
        yield pool


async def test_an_empty_database_is_brought_up_to_date(pool, empty):
    assert list((await status(pool, empty)).pending) == NAMES
    assert list((await migrate(pool, empty)).applied) == NAMES
    assert (await status(pool, empty)).is_current
    await require_current(pool, empty)


async def test_migrating_again_changes_nothing(pool, empty):
    await migrate(pool, empty)
    assert (await migrate(pool, empty)).is_current


async def test_a_server_does_not_start_without_the_tables(pool, empty):
    with pytest.raises(LedgerNotMigrated) as refused:
        await require_current(pool, empty)
    assert "lakevisor db migrate" in refused.value.report()


async def test_a_ledger_without_tables_says_what_to_do(pool, empty):
    ledger = PostgresLedger(pool, schema=empty, address="local-lakebase", role="admin")
    with pytest.raises(LedgerNotMigrated, match="local-lakebase"):
        await ledger.counts()


async def test_32_at_once_migrate_an_empty_database(open_pool, empty):
    async with open_pool(min_size=8, max_size=32) as pool:
        found = await asyncio.gather(*[migrate(pool, empty) for _ in range(32)])
    assert {tuple(each.applied) for each in found} == {tuple(NAMES)}


async def test_8_processes_migrate_an_empty_database(conninfo, pool, empty):
    command = [sys.executable, "-c", MIGRATE, conninfo, empty]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert (await status(pool, empty)).is_current


async def test_a_newer_ledger_is_left_alone(pool, empty):
    await migrate(pool, empty)
    await _note(pool, empty, len(NAMES) + 1, "9999_from_the_future")
    for look in (status, migrate, require_current):
        with pytest.raises(LedgerNotMigrated, match="newer version"):
            await look(pool, empty)


async def test_a_schema_of_somebody_else_is_left_alone(pool, empty):
    async with pool.connection() as connection:
        await connection.execute(f"CREATE SCHEMA {empty}")
        await connection.execute(f"CREATE TABLE {empty}.migrations (version int, name text)")
    await _note(pool, empty, 1, "0001_something_else")
    with pytest.raises(LedgerNotMigrated, match="0001_something_else"):
        await migrate(pool, empty)


async def test_who_keeps_the_lock_is_not_waited_for_for_ever(pool, empty):
    query = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
    async with pool.connection() as other, other.transaction():
        await other.execute(query, (f"lakevisor ledger {empty}",))
        with pytest.raises(LakebaseError, match="Another process"):
            await migrate(pool, empty, deadline_seconds=0.1)


async def test_a_migration_that_fails_leaves_nothing(pool, empty):
    async with pool.connection() as connection:
        await connection.execute(f"CREATE SCHEMA {empty}")
        await connection.execute(f"CREATE TABLE {empty}.audit (in_the_way int)")
        with pytest.raises(Exception, match="audit"):
            await migrate(pool, empty)
        await connection.execute(f"DROP TABLE {empty}.audit")
    assert (await migrate(pool, empty)).is_current


async def _note(pool, schema, version, name):
    statement = f"INSERT INTO {schema}.migrations (version, name) VALUES (%s, %s)"
    async with pool.connection() as connection:
        await connection.execute(statement, (version, name))
