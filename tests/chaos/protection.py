"""Switches off, in this process alone, what protects: all that makes a wish be done once, or one.

A harness that finds nothing in a build without protection proves nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.pregel import Pregel

from lakevisor.checkpoints import migrating as checkpoints_migrating
from lakevisor.checkpoints.fenced_saver import FencedSaver
from lakevisor.ledger import migrating as ledger_migrating
from lakevisor.ledger.turn_operations import CallOperations


def switch_off() -> None:
    """Send a random token, write checkpoints behind the work, and check no fence."""
    CallOperations._token = lambda *_: uuid4().hex  # type: ignore[method-assign]
    no_fence()
    astream = Pregel.astream

    def unordered(self: Any, *args: Any, **kwargs: Any) -> Any:
        return astream(self, *args, **{**kwargs, "durability": "async"})

    Pregel.astream = unordered  # type: ignore[method-assign]


def no_fence() -> None:
    """Write checkpoints as LangGraph's own saver does, which does not check the fence."""
    FencedSaver._cursor = AsyncPostgresSaver._cursor  # type: ignore[method-assign]


def no_locks_at_start() -> None:
    """Migrate without asking whether somebody else is at it."""
    rows = ledger_migrating._rows

    async def unlocked(saver: Any, schema: str) -> bool:
        await saver.setup()
        return True

    async def always_ours(connection: Any, query: Any, parameters: Any = None) -> list[Any]:
        if "pg_try_advisory" in str(query):
            return [{"is_ours": True}]
        return await rows(connection, query, parameters)

    checkpoints_migrating._migrated_under_lock = unlocked
    ledger_migrating._rows = always_ours
