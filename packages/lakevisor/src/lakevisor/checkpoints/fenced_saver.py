"""A saver whose every write first checks, in the same transaction, that the lease still holds.

Without that a process that was frozen, and whose thread was taken over, could write into the
thread when it wakes up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

RequireFence: TypeAlias = Callable[[AsyncCursor[Any]], Awaitable[None]]
"""Ends the cursor's transaction with an error unless the lease holds."""


class FencedSaver(AsyncPostgresSaver):
    """LangGraph's saver for one turn, on the pool that all turns share."""

    def __init__(self, pool: AsyncConnectionPool[Any], require_fence: RequireFence) -> None:
        """Take the pool and the check."""
        super().__init__(pool)
        self._pool = pool
        self._require_fence = require_fence

    @asynccontextmanager
    async def _cursor(self, *, pipeline: bool = False) -> AsyncIterator[AsyncCursor[DictRow]]:
        """Return a cursor; LangGraph asks for a pipeline where it writes, and only there."""
        if not pipeline:
            async with super()._cursor() as cursor:
                yield cursor
            return
        async with (
            self.lock,
            self._pool.connection() as connection,
            connection.pipeline(),
            connection.transaction(),
            connection.cursor(binary=True, row_factory=dict_row) as cursor,
        ):
            await self._require_fence(cursor)
            yield cursor
