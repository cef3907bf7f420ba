"""Run named statements: one transaction and one round trip a call."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from psycopg import AsyncConnection, AsyncCursor, errors
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from lakevisor.errors import LeaseLost, LedgerNotMigrated
from lakevisor.lakebase import translated_database_errors
from lakevisor.ledger.postgres.fence import is_lease_lost
from lakevisor.ledger.statements import load_statements


class Database:
    """The connections and statements that the stores share."""

    def __init__(
        self, pool: AsyncConnectionPool[Any], *, schema: str, address: str, role: str
    ) -> None:
        self._pool = pool
        self._statements = load_statements(schema)
        self._address = address
        self._role = role

    async def run(self, *names: str, parameters: Mapping[str, Any]) -> list[list[DictRow]]:
        """Run statements in one transaction, sent together, and return the rows of each.

        Each statement has a snapshot of its own: one that follows a lock sees what was committed
        while the lock was waited for.

        Raises:
            LeaseLost: `require_fence` is among them, and the lease is lost.
            LedgerNotMigrated: the tables are not there.
            LakebaseError: the database did not do it.
        """
        with self._translated(parameters):
            async with self._pool.connection() as connection:
                # Without BEGIN and COMMIT, for whose answers psycopg waits: to PostgreSQL, what is
                # sent up to the end of a pipeline is one transaction.
                async with connection.pipeline():
                    cursors = [await self._send(connection, name, parameters) for name in names]
                return [await _rows(cursor) for cursor in cursors]

    @asynccontextmanager
    async def lock(self, take: str, end: str) -> AsyncIterator[bool]:
        """Try to hold a lock while the block runs, and say whether it is held.

        Args:
            take: a statement that returns `is_ours`, and waits for nobody.
            end: the statement that ends it.
        """
        with self._translated({}):
            async with self._pool.connection() as connection:
                cursor = await self._send(connection, take, {})
                [row] = await cursor.fetchall()
                try:
                    yield row["is_ours"]
                finally:
                    if row["is_ours"]:
                        await self._send(connection, end, {})

    async def _send(
        self, connection: AsyncConnection[Any], name: str, parameters: Mapping[str, Any]
    ) -> AsyncCursor[DictRow]:
        cursor = connection.cursor(row_factory=dict_row)
        return await cursor.execute(self._statements[name], parameters)

    @contextmanager
    def _translated(self, parameters: Mapping[str, Any]) -> Iterator[None]:
        with translated_database_errors(address=self._address, role=self._role):
            try:
                yield
            except (
                errors.UndefinedTable,
                errors.UndefinedColumn,
                errors.InvalidSchemaName,
            ) as error:
                raise LedgerNotMigrated(address=self._address, role=self._role) from error
            except errors.DatabaseError as error:
                if is_lease_lost(error):
                    raise LeaseLost(parameters["turn_id"]) from error
                raise


async def _rows(cursor: AsyncCursor[DictRow]) -> list[DictRow]:
    """Return what a statement returned; a change without RETURNING returns nothing."""
    return await cursor.fetchall() if cursor.description else []
