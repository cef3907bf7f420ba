"""Looks whether a connection still works before it is lent, and knows what a dead one means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakevisor.lakebase.sessions import cut_after

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

CHECK_SECONDS = 1.0
"""A connection that does not answer within this time is dead: nothing is asked of PostgreSQL."""


class IdleCheck:
    """The pool's `check`.

    Where one idle connection has died, the others have most likely died with it (a restart, a scale
    to zero). The pool would find them one by one, waiting 1, 2, 4 s in between, longer than a
    turn waits for a connection; so all are replaced at once.
    """

    pool: AsyncConnectionPool[Any] | None = None
    """The pool that asks; known only after it was made."""

    async def __call__(self, connection: AsyncConnection[Any]) -> None:
        """Return if the connection works.

        Raises:
            OperationalError: it does not; the pool takes another one.
        """
        from psycopg import OperationalError
        from psycopg_pool import AsyncConnectionPool

        try:
            with cut_after(connection, CHECK_SECONDS):
                await AsyncConnectionPool.check_connection(connection)
        except OperationalError:
            if self.pool is not None:
                await self.pool.drain()
            raise
