"""Bring the tables of the ledger up to date.

Migrations stand in `migrations/NNNN_name.sql` and are never changed once they were released. Any
number of processes may migrate at once: each migration runs in one transaction together with its
row in `migrations`, under an advisory lock that is tried and never waited for (who waits for a
lock inside a transaction holds a snapshot, and with `CREATE INDEX CONCURRENTLY` they deadlock).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from lakevisor.errors import LakebaseError, LedgerNotMigrated

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg.rows import DictRow
    from psycopg.sql import Composed
    from psycopg_pool import AsyncConnectionPool

TRY_AGAIN_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One step from an empty schema to the tables of today."""

    version: int
    """Its place, from 1."""
    name: str
    """The name of its file, without its ending."""
    text: str
    """SQL with the placeholder `{schema}`."""


@dataclass(frozen=True, kw_only=True)
class MigrationStatus:
    """What was applied to a schema, and what is missing."""

    schema: str
    """The schema of the ledger."""
    applied: Sequence[str]
    """The names of the migrations that were applied, in their order."""
    pending: Sequence[str]
    """The names of those that were not."""

    @property
    def is_current(self) -> bool:
        """Whether nothing is missing."""
        return not self.pending


def known_migrations() -> Sequence[Migration]:
    """Return the migrations of this version, in their order."""
    folder = files("lakevisor.ledger") / "migrations"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql"))
    return [
        Migration(
            version=int(name.partition("_")[0]),
            name=name.removesuffix(".sql"),
            text=(folder / name).read_text(encoding="utf-8"),
        )
        for name in names
    ]


async def status(pool: AsyncConnectionPool[Any], schema: str) -> MigrationStatus:
    """Say what was applied; changes nothing and needs no right to change.

    Raises:
        LedgerNotMigrated: a newer version of Lakevisor, or another program, was here.
    """
    async with pool.connection() as connection:
        return await _status(connection, schema)


async def require_current(pool: AsyncConnectionPool[Any], schema: str) -> None:
    """Return if the tables are those of this version: what a server does when it starts.

    Raises:
        LedgerNotMigrated: they are not.
    """
    found = await status(pool, schema)
    if not found.is_current:
        missing = ", ".join(found.pending)
        raise LedgerNotMigrated(f"The ledger in the schema {schema!r} lacks: {missing}.")


async def migrate(
    pool: AsyncConnectionPool[Any], schema: str, *, deadline_seconds: float = 60.0
) -> MigrationStatus:
    """Apply what is missing, and return what stands then.

    Raises:
        LedgerNotMigrated: a newer version of Lakevisor, or another program, was here.
        LakebaseError: another process kept the lock until the deadline.
    """
    deadline = time.monotonic() + deadline_seconds
    while True:
        async with pool.connection() as connection:
            # Looks without the lock first: most that start find nothing to do.
            found = await _status(connection, schema)
            if found.is_current:
                return found
            if await _apply_next(connection, schema):
                continue
        if time.monotonic() > deadline:
            raise LakebaseError(
                f"Another process has been migrating the ledger {schema!r} for"
                f" {deadline_seconds:g} seconds.",
                remedy="Look for it in pg_locks (locktype = 'advisory'), then try again.",
            )
        await asyncio.sleep(TRY_AGAIN_SECONDS)


async def _apply_next(connection: AsyncConnection[Any], schema: str) -> bool:
    """Apply the first migration that is missing; False if another process is at it."""
    from psycopg.sql import SQL

    async with connection.transaction():
        # Of the transaction: it ends with it, whoever dies, also behind a pooler of transactions.
        key = f"lakevisor ledger {schema}"
        query = "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)) AS is_ours"
        [row] = await _rows(connection, query, (key,))
        if not row["is_ours"]:
            return False
        found = await _status(connection, schema)
        if found.is_current:
            return True
        if not found.applied:
            await _make_room(connection, schema)
        step = next(each for each in known_migrations() if each.name == found.pending[0])
        # The text comes from our own files.
        await connection.execute(_filled(SQL(step.text), schema))
        row_query = SQL("INSERT INTO {schema}.migrations (version, name) VALUES (%s, %s)")
        await connection.execute(_filled(row_query, schema), (step.version, step.name))
        return True


async def _make_room(connection: AsyncConnection[Any], schema: str) -> None:
    """Make the schema and the table of what was applied, where they are missing."""
    from psycopg.sql import SQL

    # Not IF NOT EXISTS: that asks for the right to create schemas also where one is there.
    query = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = %s"
    if not await _rows(connection, query, (schema,)):
        await connection.execute(_filled(SQL("CREATE SCHEMA {schema}"), schema))
    table = SQL(
        "CREATE TABLE IF NOT EXISTS {schema}.migrations ("
        "version integer PRIMARY KEY, name text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )
    await connection.execute(_filled(table, schema))


async def _status(connection: AsyncConnection[Any], schema: str) -> MigrationStatus:
    known = [each.name for each in known_migrations()]
    applied = await _applied(connection, schema)
    if len(applied) > len(known) and applied[: len(known)] == known:
        raise LedgerNotMigrated(
            f"The ledger in the schema {schema!r} was migrated to {applied[-1]!r} by a newer"
            f" version of Lakevisor; this one knows it up to {known[-1]!r}.",
            remedy="Use a version of Lakevisor that knows it.",
        )
    if applied != known[: len(applied)]:
        raise LedgerNotMigrated(
            f"The schema {schema!r} holds migrations that this version does not know:"
            f" {', '.join(applied)}.",
            remedy="Configure another schema under lakebase, or use the version that made it.",
        )
    pending = known[len(applied) :]
    return MigrationStatus(schema=schema, applied=applied, pending=pending)


async def _applied(connection: AsyncConnection[Any], schema: str) -> list[str]:
    from psycopg.sql import SQL

    # Not to_regclass: it looks into a cache of the session, which a transaction that began before
    # the other process committed does not refresh; a query has a snapshot of its own.
    query = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'migrations'"
    if not await _rows(connection, query, (schema,)):
        return []
    names = SQL("SELECT name FROM {schema}.migrations ORDER BY version")
    return [row["name"] for row in await _rows(connection, _filled(names, schema))]


def _filled(query: Any, schema: str) -> Composed:
    from psycopg.sql import Identifier

    filled: Composed = query.format(schema=Identifier(schema))
    return filled


async def _rows(
    connection: AsyncConnection[Any], query: Any, parameters: Any = None
) -> list[DictRow]:
    from psycopg.rows import dict_row

    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query, parameters)
        return await cursor.fetchall()
