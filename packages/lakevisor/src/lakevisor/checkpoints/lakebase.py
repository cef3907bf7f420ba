"""LangGraph's checkpoints in Lakebase: one pool a process, one saver a turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakevisor.config import LakebaseSettings
from lakevisor.errors import LakebaseError, LakebaseNotFound, LakebaseUnreachable
from lakevisor.lakebase import (
    address_of,
    bound_sessions,
    saver_arguments,
    translated_database_errors,
)
from lakevisor.workspace import WorkspaceConnection

if TYPE_CHECKING:
    from databricks_langchain import AsyncCheckpointSaver
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from psycopg_pool import AsyncConnectionPool

    from lakevisor.checkpoints.fenced_saver import RequireFence

STRICT = "LANGGRAPH_STRICT_MSGPACK"


@dataclass(frozen=True, kw_only=True)
class Checkpoints:
    """The open pool of connections, from which each turn gets a saver of its own."""

    opened: AsyncCheckpointSaver
    address: str
    role: str

    def saver(self, require_fence: RequireFence) -> BaseCheckpointSaver[str]:
        """Return a saver for one turn, whose writes need the turn's lease.

        A saver holds one lock for all its statements (langgraph#7259), so one shared by all turns
        would let them wait for each other.
        """
        from lakevisor.checkpoints.fenced_saver import FencedSaver

        return FencedSaver(self.pool, require_fence)

    async def ping(self) -> None:
        """Return if Lakebase answers.

        Raises:
            LakebaseError: it does not.
        """
        with translated_database_errors(address=self.address, role=self.role):
            async with self.pool.connection() as connection:
                await connection.execute("SELECT 1")

    @property
    def pool(self) -> AsyncConnectionPool[Any]:
        """The connections; the ledger uses the same."""
        pool: AsyncConnectionPool[Any] = self.opened.conn
        return pool


@asynccontextmanager
async def open_checkpoints(
    settings: LakebaseSettings, workspace: WorkspaceConnection
) -> AsyncIterator[Checkpoints]:
    """Open the pool, check or migrate the tables, and close it at the end.

    Raises:
        LakebaseUnreachable: no such instance, branch or endpoint, or it does not answer.
        LakebaseRoleMissing: it does not know the identity of the workspace's client.
        LakebasePermissionDenied: the tables belong to somebody else.
        LedgerNotMigrated: the tables are not up to date, and may not be migrated here.
    """
    async with open_connections(settings, workspace) as checkpoints:
        with translated_database_errors(address=checkpoints.address, role=checkpoints.role):
            await _prepare(checkpoints.opened, settings)
        yield checkpoints


@asynccontextmanager
async def open_connections(
    settings: LakebaseSettings, workspace: WorkspaceConnection
) -> AsyncIterator[Checkpoints]:
    """Open the pool and look at no table; for migrations, which make them.

    Raises:
        LakebaseError: as `open_checkpoints`, but for the tables.
    """
    _require_strict_reading()
    address, role = address_of(settings), workspace.user_name
    with translated_database_errors(address=address, role=role):
        saver = await _build(settings, workspace, address)
    try:
        yield Checkpoints(opened=saver, address=address, role=role)
    finally:
        await saver.__aexit__(None, None, None)


async def _build(
    settings: LakebaseSettings, workspace: WorkspaceConnection, address: str
) -> AsyncCheckpointSaver:
    """Resolve the address and open the pool."""
    from databricks.sdk.errors import NotFound

    saver_class = await asyncio.to_thread(_saver_class)
    try:
        # It resolves the address here, on the loop, with two short requests: once a process.
        arguments = saver_arguments(settings, workspace.client)
        saver = saver_class(**arguments)
    except ValueError as error:
        # The library says with a ValueError that it cannot resolve the address; why is its cause.
        if isinstance(error.__cause__, NotFound):
            raise LakebaseNotFound(address=address) from error
        raise LakebaseUnreachable(address=address) from error
    arguments["check"].pool = saver.conn
    bound_sessions(saver.conn, settings)
    await _log_in_once(saver, settings.pool.timeout_seconds)
    return await saver.__aenter__()


async def _prepare(saver: AsyncCheckpointSaver, settings: LakebaseSettings) -> None:
    from lakevisor.checkpoints.migrating import migrate, require_current

    if settings.migrate_at_start:
        await migrate(saver, settings.schema_name)
    else:
        await require_current(saver, settings.schema_name)


def _saver_class() -> Any:
    """Import the class, which takes seconds; it is not typed."""
    from databricks_langchain import AsyncCheckpointSaver

    return AsyncCheckpointSaver


async def _log_in_once(saver: AsyncCheckpointSaver, seconds: float) -> None:
    """Open one connection outside the pool, which would retry in silence and hide the reason."""
    pool = saver.conn
    async with asyncio.timeout(seconds):
        connection = await pool.connection_class.connect(pool.conninfo, **pool.kwargs)
    await connection.close()


def _require_strict_reading() -> None:
    """Refuse to read checkpoints unless only known types come out of them.

    LangGraph reads the variable once, at its import; without it a poisoned row executes code.
    """
    from langgraph.checkpoint.serde import _msgpack

    if not _msgpack.STRICT_MSGPACK_ENABLED:
        raise LakebaseError(
            "LangGraph was imported before it was told to read only known types.",
            remedy=f"Set {STRICT}=true in the environment of the process.",
        )
