"""The configured Lakebase, as databricks-langchain's savers and pools take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakevisor.config import LakebaseSettings
from lakevisor.lakebase.idle_check import IdleCheck

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

PASSWORD_SECONDS = 2
"""How long a password is used for further logins; each login after that asks for another one.

The library's 15 minutes let every login fail for as long once a password was ended before its time.
"""

RECONNECT_SECONDS = 1.0
"""After so long an attempt to connect gives up, and another one begins.

Within one attempt the pool waits 1, 2, 4, 8 s and so on, and would notice the return of a
PostgreSQL that was gone for 10 s only after 15.
"""

IDLE_IN_TRANSACTION_MS = 5_000
"""How long a transaction may wait for its client, which only sends what is ready."""

SET_KNOWN = """
    SELECT set_config(name, milliseconds::text, false)
    FROM pg_settings
    JOIN unnest(%s::text[], %s::int[]) AS given (name, milliseconds) USING (name)
"""
"""Sets what this version of PostgreSQL knows, in one round trip."""


def address_of(settings: LakebaseSettings) -> str:
    """Return the configured address for people: an instance, a branch or an endpoint."""
    branch = f"{settings.project}/{settings.branch}" if settings.project else None
    return settings.instance_name or settings.endpoint or branch or ""


def saver_arguments(settings: LakebaseSettings, client: WorkspaceClient) -> dict[str, Any]:
    """Return the keyword arguments for `AsyncCheckpointSaver` and `AsyncLakebasePool`.

    The pool checks each connection before it lends it (`check`): without that, each connection
    that died while idle costs a turn. Its timeout is short, so that a turn without a database
    fails soon and with a reason.
    """
    statement = int(settings.pool.statement_timeout_seconds * 1000)
    # A process that is frozen inside a transaction holds locks for which others wait. The second
    # limit also ends what stops in the middle of a pipeline; PostgreSQL has it from 17 on.
    limits = {
        "statement_timeout": statement,
        "idle_in_transaction_session_timeout": min(statement, IDLE_IN_TRANSACTION_MS),
        "transaction_timeout": statement,
    }

    async def bound_sessions(connection: AsyncConnection[Any]) -> None:
        await connection.execute(SET_KNOWN, (list(limits), list(limits.values())))

    return {
        "instance_name": settings.instance_name,
        "project": settings.project,
        "branch": settings.branch,
        "autoscaling_endpoint": settings.endpoint,
        "workspace_client": client,
        "schema": settings.schema_name,
        "min_size": settings.pool.min_size,
        "max_size": settings.pool.max_size,
        "timeout": settings.pool.timeout_seconds,
        "max_lifetime": settings.pool.max_lifetime_seconds,
        "token_cache_duration_seconds": PASSWORD_SECONDS,
        "reconnect_timeout": RECONNECT_SECONDS,
        "reconnect_failed": _connect_again,
        "check": IdleCheck(),
        "configure": bound_sessions,
    }


async def _connect_again(pool: AsyncConnectionPool[Any]) -> None:
    """Begin another attempt: those who wait for a connection do not begin one."""
    await pool.check()
