"""The rows about starts: many servers begin at once on an empty database, and all come up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from chaos.finding import Finding
from chaos.replicas import Replica, ReplicaDied, ReplicaSettings
from chaos.row import Experiment, Options, Row
from chaos.world import World

SERVERS = (8, 32)
PATIENCE = 120.0
"""Seconds within which every server must be up, all of them on one machine."""
TABLES = """
    SELECT schemaname || '.' || tablename FROM pg_tables
    WHERE schemaname !~ '^(pg_|information_schema$)' ORDER BY 1
"""
INDEXES = """
    SELECT indexdef FROM pg_indexes
    WHERE schemaname !~ '^(pg_|information_schema$)' ORDER BY 1
"""
INVALID_INDEXES = """
    SELECT indexrelid::regclass::text FROM pg_index WHERE NOT (indisvalid AND indisready)
"""
CHECKPOINT_VERSIONS = "SELECT v FROM lakevisor.checkpoint_migrations ORDER BY 1"
LEDGER_VERSIONS = "SELECT version || ' ' || name FROM lakevisor_ledger.migrations ORDER BY 1"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What stands in a database after a start."""

    tables: Sequence[str]
    indexes: Sequence[str]
    invalid_indexes: Sequence[str]
    checkpoint_versions: Sequence[int]
    ledger_versions: Sequence[str]

    @classmethod
    async def read(cls, session: AsyncConnection[Any]) -> Layout:
        """Look at a database."""
        return cls(
            tables=await _column(session, TABLES),
            indexes=await _column(session, INDEXES),
            invalid_indexes=await _column(session, INVALID_INDEXES),
            checkpoint_versions=await _column(session, CHECKPOINT_VERSIONS),
            ledger_versions=await _column(session, LEDGER_VERSIONS),
        )

    def differences(self, other: Layout) -> Sequence[str]:
        """Say in what this is not as another."""
        ours, theirs = vars(self), vars(other)
        return [f"{name}: {ours[name]}" for name in ours if ours[name] != theirs[name]]


async def started_alone(world: World) -> Layout:
    """Start one server on an empty database, and return what it made there."""
    async with _empty_database(world) as name:
        [server] = await _started(world, name, 1)
        await server.opened()
        await server.kill()
        async with world.session(name) as session:
            return await Layout.read(session)


async def started_at_once(
    world: World, count: int, *, expected: Layout, without: Sequence[str] = ()
) -> Finding:
    """Let servers begin at the same time on an empty database, and say what came of it."""
    async with _empty_database(world) as name:
        servers = await _started(world, name, count, without=without)
        opened = asyncio.gather(*(each.opened() for each in servers), return_exceptions=True)
        try:
            results = await asyncio.wait_for(opened, PATIENCE)
        except TimeoutError:
            results = [TimeoutError(f"not up after {PATIENCE:g} s")]
        await asyncio.gather(*(each.kill() for each in servers))
        crashed = [each for each in results if each is not None]
        async with world.session(name) as session:
            wrong = (await Layout.read(session)).differences(expected) if not crashed else ()
            invalid = await _column(session, INVALID_INDEXES)
    died = sum(isinstance(each, ReplicaDied) for each in crashed)
    last_words = _log(world, name).read_text(encoding="utf-8").splitlines()[-3:]
    why = f"{died} of {count} died: {last_words}" if died else str(*crashed)
    return Finding(
        what=f"{count} servers on an empty database",
        unusable=why if crashed else "",
        wrong=[*wrong, *(f"invalid index: {each}" for each in invalid)],
    )


async def _started(
    world: World, database: str, count: int, *, without: Sequence[str] = ()
) -> Sequence[Replica]:
    """Fork servers and let them begin together."""
    settings = ReplicaSettings(
        overrides=world.overrides(1),
        log=_log(world, database),
        database=database,
        without=without,
        is_held=True,
    )
    servers = [await Replica.fork(settings) for _ in range(count)]
    for each in servers:
        each.release()
    return servers


@asynccontextmanager
async def _empty_database(world: World) -> AsyncIterator[str]:
    name = f"start_{uuid4().hex[:12]}"
    async with world.session() as session:
        await session.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield name
        finally:
            await session.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


async def _column(session: AsyncConnection[Any], query: str) -> list[Any]:
    # The queries stand above.
    rows = await (await session.execute(query.encode())).fetchall()
    return [value for (value,) in rows]


def _log(world: World, database: str) -> Path:
    return world.logs / f"{database}.log"


def _starts(count: int, *, without: Sequence[str] = ()) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        expected = await started_alone(world)
        return [
            await started_at_once(world, count, expected=expected, without=without)
            for _ in range(options.starts)
        ]

    return run


ROWS = (
    *(Row(name=f"{count} servers start at once", run=_starts(count)) for count in SERVERS),
    Row(
        name="without locks at start, 8 servers",
        run=_starts(8, without=["locks at start"]),
        must_find="unusable",
    ),
)
