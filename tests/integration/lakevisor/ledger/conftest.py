"""Both twins of the ledger, for one suite: in memory, and in a real PostgreSQL behind Lakebase."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.migrating import migrate
from lakevisor.ledger.port import Ledger
from lakevisor.ledger.values import Intent, LaunchLimits, Lease, OwnerKey, TurnStart
from lakevisor_plugin import Started

SCHEMA = "conversations_ledger"
PASS_TIME = (
    "UPDATE {}.threads SET lease_until = lease_until - %(span)s WHERE workspace_id = %(id)s",
    "UPDATE {}.turns SET finished_at = finished_at - %(span)s WHERE thread_key LIKE %(id)s || '%%'",
    "UPDATE {}.turns SET begun_at = begun_at - %(span)s WHERE thread_key LIKE %(id)s || '%%'",
    "UPDATE {}.operations SET intended_at = intended_at - %(span)s WHERE workspace_id = %(id)s",
    (
        "UPDATE {}.rate_limits SET blocked_until = blocked_until - %(span)s"
        " WHERE workspace_id = %(id)s"
    ),
    (
        "UPDATE {}.rate_slots SET asked_at = asked_at - %(span)s, taken_at = taken_at - %(span)s,"
        " sent_at = sent_at - %(span)s, valid_until = valid_until - %(span)s"
        " WHERE workspace_id = %(id)s"
    ),
    (
        "UPDATE {}.responses SET held_until = held_until - %(span)s,"
        " accepted_at = accepted_at - %(span)s, ended_at = ended_at - %(span)s"
        " WHERE workspace_id = %(id)s"
    ),
    "UPDATE {}.proposals SET expires_at = expires_at - %(span)s WHERE workspace_id = %(id)s",
)


@dataclass(kw_only=True)
class Clock:
    """A clock that goes on by itself a little with each look, and as far as a test wants."""

    time: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        self.time += timedelta(microseconds=1)
        return self.time


@dataclass(frozen=True, kw_only=True)
class Store:
    """A ledger, and short ways to use it; its workspace and threads are no other test's."""

    ledger: Ledger
    pass_time: Callable[[float], Awaitable[None]]
    """Lets so many seconds go by."""
    workspace_id: str = field(default_factory=lambda: uuid.uuid4().hex)

    def owner(self, name: str = "ann") -> OwnerKey:
        return OwnerKey(workspace_id=self.workspace_id, owner=name)

    def start(self, turn_id: str = "turn-1", *, thread: str = "a", **more: Any) -> TurnStart:
        """Return the request of a turn; each has a holder of its own."""
        values = {
            "owner": self.owner(),
            "thread_key": f"{self.workspace_id}/{thread}",
            "thread_id": thread,
            "turn_id": turn_id,
            "body_digest": "hello",
            "holder": uuid.uuid4().hex,
            "lease_seconds": 30.0,
        }
        return TurnStart(**values | more)

    async def begin(self, turn_id: str = "turn-1", *, thread: str = "a", **more: Any) -> Lease:
        """Begin a turn that is not finished yet."""
        lease = await self.ledger.turns.begin(self.start(turn_id, thread=thread, **more))
        assert isinstance(lease, Lease)
        return lease

    def intent(self, name: str = "one", **more: Any) -> Intent:
        """Return an intent whose token is no other test's."""
        values = {
            "token": self.token(name),
            "agent": "jobs",
            "tool": "start_databricks_job",
            "kind": "job_run",
            "job": "anomalies",
            "title": "Transaction anomalies",
            "parameters": {"day": "2026-01-01", "n": 1},
            "parameters_digest": "digest",
            "trace_id": "tr-1",
        }
        return Intent(**values | more)

    def token(self, name: str) -> str:
        return f"{self.workspace_id}-{name}"

    async def launch(self, lease: Lease, name: str = "one", **more: Any) -> Any:
        """Start an operation whose run id is its token's name."""
        intent = self.intent(name, **more)
        await self.ledger.operations.intend(lease, intent, LaunchLimits())
        started = Started(run_id=name, state="RUNNING", url=f"https://x/{name}")
        return await self.ledger.operations.launched(intent.token, started)

    async def end(self, operation: Any) -> Any:
        """Note that an operation has ended."""
        return await self.ledger.operations.note(operation, state="SUCCESS", is_final=True)


@pytest.fixture(scope="session")
def conninfo(workspace: Any) -> str:
    """Say how to log in to Lakebase; the token and the address are asked for once."""
    database = workspace.client("admin").database
    host = database.get_database_instance("local-lakebase").read_write_dns
    minted = database.generate_database_credential(
        instance_names=["local-lakebase"], request_id="ledger"
    )
    return make_conninfo(
        host=host,
        user="admin@local.test",
        password=minted.token,
        dbname="databricks_postgres",
        sslmode="require",
    )


@pytest.fixture(scope="session")
def open_pool(conninfo: str) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """Give a function that opens a pool like that of databricks-langchain's saver.

    Each test has a loop of its own, and so a pool.
    """
    connecting = {"autocommit": True, "row_factory": dict_row}

    def opening(**options: Any) -> AbstractAsyncContextManager[Any]:
        sizes = {"min_size": 1, "max_size": 12} | options
        return AsyncConnectionPool(conninfo, kwargs=connecting, open=False, **sizes)

    return opening


@pytest.fixture(scope="session")
def schema(open_pool: Callable[..., Any]) -> str:
    """Give a schema with the tables of the ledger."""

    async def prepare() -> None:
        async with open_pool() as pool:
            await migrate(pool, SCHEMA)

    asyncio.run(prepare())
    return SCHEMA


@asynccontextmanager
async def _in_postgres(open_pool: Callable[..., Any], schema: str) -> AsyncIterator[Store]:
    from lakevisor.ledger.postgres import PostgresLedger

    async with open_pool() as pool:
        ledger = PostgresLedger(pool, schema=schema, address="local-lakebase", role="admin")
        workspace_id = uuid.uuid4().hex

        async def pass_time(seconds: float) -> None:
            span = {"span": timedelta(seconds=seconds), "id": workspace_id}
            async with pool.connection() as connection:
                for statement in PASS_TIME:
                    await connection.execute(statement.format(schema), span)

        yield Store(ledger=ledger, pass_time=pass_time, workspace_id=workspace_id)


def _in_memory() -> Store:
    clock = Clock()

    async def pass_time(seconds: float) -> None:
        clock.time += timedelta(seconds=seconds)

    return Store(ledger=MemoryLedger(clock=clock), pass_time=pass_time)


@pytest.fixture(params=["memory", "postgres"])
def opening(request: pytest.FixtureRequest) -> Any:
    """Give the context in which a twin is open; PostgreSQL starts only for its own."""
    if request.param == "memory":
        return None
    return _in_postgres(request.getfixturevalue("open_pool"), request.getfixturevalue("schema"))


@pytest_asyncio.fixture
async def store(opening: Any) -> AsyncIterator[Store]:
    """Give each of the twins."""
    if opening is None:
        yield _in_memory()
        return
    async with opening as opened:
        yield opened


@pytest_asyncio.fixture
async def postgres(open_pool: Callable[..., Any], schema: str) -> AsyncIterator[Store]:
    """Give the ledger in PostgreSQL, for what only it can show."""
    async with _in_postgres(open_pool, schema) as opened:
        yield opened


@pytest.fixture(scope="session")
def open_twins(open_pool: Callable[..., Any], schema: str) -> Callable[..., Any]:
    """Give a function that opens both twins, for tests that open them more than once."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[tuple[Store, Store]]:
        async with _in_postgres(open_pool, schema) as opened:
            yield _in_memory(), opened

    return opening
