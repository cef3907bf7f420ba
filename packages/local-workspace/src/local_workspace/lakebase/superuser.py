"""The one session in which the workspace itself works in PostgreSQL."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from local_workspace.lakebase.postgres import Postgres, connection_options

_QUERIES = Path(__file__).parent / "sql" / "roles.sql"


class Superuser:
    """Runs statements one after the other, and connects again after a restart."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._queries = _read_queries()
        self._turn = asyncio.Lock()
        self._connection: psycopg.AsyncConnection[dict[str, Any]] | None = None

    async def rows(self, name: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """Return what the query of that name in `roles.sql` finds."""
        return await self.run(self._queries[name], values)

    async def run(
        self, statement: str | psycopg.sql.Composed, values: Sequence[Any] = ()
    ) -> list[dict[str, Any]]:
        """Run one statement and return its rows."""
        async with self._turn:
            is_reused = self._connection is not None and not self._connection.closed
            try:
                return await self._run(statement, values)
            except psycopg.OperationalError:
                # A session that was idle while PostgreSQL crashed is found dead only when used.
                if not is_reused:
                    raise
                return await self._run(statement, values)

    async def run_everywhere(self, *statements: psycopg.sql.Composed) -> None:
        """Run statements in each database, as those about the objects in it must be."""
        for row in await self.run("SELECT datname FROM pg_database WHERE datallowconn"):
            await self.run_in(row["datname"], *statements)

    async def run_in(self, database: str, *statements: psycopg.sql.Composed) -> None:
        """Run statements in one database."""
        options = connection_options(self._postgres, database)
        async with await psycopg.AsyncConnection.connect(**options) as connection:
            for statement in statements:
                await connection.execute(statement)

    async def close(self) -> None:
        """End the session; the next statement begins another."""
        async with self._turn:
            if self._connection is not None:
                await self._connection.close()
                self._connection = None

    async def _run(
        self, statement: str | psycopg.sql.Composed, values: Sequence[Any]
    ) -> list[dict[str, Any]]:
        connection = await self._connected()
        # The statements are this package's own; what callers name comes quoted, as Composed.
        cursor = await connection.execute(statement, values or None)
        return await cursor.fetchall() if cursor.description else []

    async def _connected(self) -> psycopg.AsyncConnection[dict[str, Any]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                **connection_options(self._postgres, "postgres"), row_factory=dict_row
            )
        return self._connection


def _read_queries() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", _QUERIES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))
