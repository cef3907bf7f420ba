"""Bounds for sessions that hang: where no answer and no end comes, the connection is cut.

PostgreSQL's own time limits cannot help when the session that should keep them does not run, or
when its network is gone. Cancelling what waits would not do either: psycopg first asks the session
to cancel its statement and waits for that.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lakevisor.config import SECRETS, LakebaseSettings
from lakevisor.lakebase.pool_log import log_now_and_then

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

GRACE_SECONDS = 1.0
"""How much longer than PostgreSQL itself the process waits for a statement."""
SHORTEST_CONNECT_SECONDS = 2
"""What libpq takes for shorter ones."""


def bound_sessions(pool: AsyncConnectionPool[Any], settings: LakebaseSettings) -> None:
    """Let no connection of a pool that is not open yet wait for ever.

    Args:
        pool: databricks-langchain's, which takes none of this as an argument.
        settings: the `lakebase` section.
    """
    log_now_and_then()
    assert isinstance(pool.kwargs, dict), "databricks-langchain gives its pool a mapping"
    connect = max(SHORTEST_CONNECT_SECONDS, round(settings.pool.timeout_seconds))
    pool.kwargs["connect_timeout"] = connect
    seconds = settings.pool.statement_timeout_seconds + GRACE_SECONDS
    base: Any = pool.connection_class

    class BoundedConnection(base):  # type: ignore[misc]
        """A connection that is cut when an exchange with PostgreSQL takes too long."""

        @classmethod
        async def _get_connection_params(cls, conninfo: str, **kwargs: Any) -> Any:
            """Learn the password; psycopg's hook is the one place where each login's is seen."""
            SECRETS.learn_passing(kwargs.get("password") or "")
            return await super()._get_connection_params(conninfo, **kwargs)

        async def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
            """Wait for one exchange; psycopg does all of them through this."""
            with cut_after(self, seconds):
                return await super().wait(gen, *args, **kwargs)

    pool.connection_class = BoundedConnection


@contextmanager
def cut_after(connection: AsyncConnection[Any], seconds: float) -> Iterator[None]:
    """Cut the connection unless the block is left in time.

    What waits for it then raises psycopg's `OperationalError`.
    """
    cutting = asyncio.get_running_loop().call_later(seconds, _cut, connection)
    try:
        yield
    finally:
        cutting.cancel()


def _cut(connection: AsyncConnection[Any]) -> None:
    """End the stream, but leave the descriptor: who waits for it wakes up and finds the end."""
    if connection.closed:
        return
    with socket.socket(fileno=os.dup(connection.fileno())) as stream:
        stream.shutdown(socket.SHUT_RDWR)
