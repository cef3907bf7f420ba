"""A saver whose every write first checks, in the same transaction, that the lease still holds.

Without that a process that was frozen, and whose thread was taken over, could write into the
thread when it wakes up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from psycopg import AsyncCursor
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from lakevisor.config import SECRETS

RequireFence: TypeAlias = Callable[[AsyncCursor[Any]], Awaitable[None]]
"""Ends the cursor's transaction with an error unless the lease holds."""


class FencedSaver(AsyncPostgresSaver):
    """LangGraph's saver for one turn, on the pool that all turns share."""

    def __init__(self, pool: AsyncConnectionPool[Any], require_fence: RequireFence) -> None:
        """Take the pool and the check."""
        super().__init__(pool)
        self._pool = pool
        self._require_fence = require_fence

    async def aput_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Store what a node has written; what it raised is stored too, as its `repr`."""
        kept = [(channel, _without_secrets(value)) for channel, value in writes]
        await super().aput_writes(config, kept, task_id, task_path)

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


def _without_secrets(value: Any) -> Any:
    """Return an exception as LangGraph's serializer writes it, and anything else as it is."""
    return SECRETS.text(repr(value)) if isinstance(value, BaseException) else value
