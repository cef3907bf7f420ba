"""Bring LangGraph's tables up to date; the same rules as for the ledger's.

LangGraph makes some indexes with `CREATE INDEX CONCURRENTLY`, outside a transaction. So the lock is
the session's, on a connection of its own that is idle meanwhile: it holds no snapshot on which
the index would wait. It is tried and never waited for.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

from psycopg import AsyncConnection, errors
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg_pool import AsyncConnectionPool

from lakevisor.errors import LakebaseError, LedgerNotMigrated

TRY_AGAIN_SECONDS = 0.05


async def is_current(saver: Any, schema: str) -> bool:
    """Say whether the tables are those of the installed LangGraph; changes nothing."""
    async with saver.conn.connection() as connection, connection.cursor(row_factory=dict_row) as c:
        try:
            table = Identifier(schema, "checkpoint_migrations")
            await c.execute(SQL("SELECT max(v) AS version FROM {}").format(table))
        except (errors.UndefinedTable, errors.InvalidSchemaName):
            return False
        row = await c.fetchone()
    latest = len(saver.MIGRATIONS) - 1
    return row is not None and row["version"] is not None and row["version"] >= latest


async def require_current(saver: Any, schema: str) -> None:
    """Return if the tables are current: what a server does when it starts.

    Raises:
        LedgerNotMigrated: they are not.
    """
    if not await is_current(saver, schema):
        raise LedgerNotMigrated("The tables of the conversations are not up to date.")


async def migrate(saver: Any, schema: str, *, deadline_seconds: float = 60.0) -> None:
    """Apply what is missing.

    Raises:
        LakebaseError: another process kept the lock until the deadline.
    """
    deadline = time.monotonic() + deadline_seconds
    while not await is_current(saver, schema):
        if await _migrated_under_lock(saver, schema):
            return
        if time.monotonic() > deadline:
            raise LakebaseError(
                "Another process has been migrating the conversations' tables for"
                f" {deadline_seconds:g} seconds.",
                remedy="Look for it in pg_locks (locktype = 'advisory'), then try again.",
            )
        await asyncio.sleep(TRY_AGAIN_SECONDS)


async def _migrated_under_lock(saver: Any, schema: str) -> bool:
    """Apply what is missing while holding the lock; False if another process has it."""
    pool: AsyncConnectionPool[Any] = saver.conn
    holder: AsyncConnection[Any] = await pool.connection_class.connect(
        pool.conninfo, **_options(pool)
    )
    async with holder:
        query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0)) AS is_ours"
        cursor = await holder.execute(query, (f"lakevisor checkpoints {schema}",))
        row: Any = await cursor.fetchone()
        if not row["is_ours"]:
            return False
        await saver.setup()
        return True


def _options(pool: AsyncConnectionPool[Any]) -> dict[str, Any]:
    assert isinstance(pool.kwargs, dict), "databricks-langchain gives its pool a mapping"
    return pool.kwargs
