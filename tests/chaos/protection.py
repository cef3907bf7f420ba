"""Switches off, in this process alone, what protects, each thing by itself.

A harness that finds nothing without a protection does not show that it is needed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.pregel import Pregel

from lakevisor.checkpoints import migrating as checkpoints_migrating
from lakevisor.checkpoints.fenced_saver import FencedSaver
from lakevisor.graph import speakers
from lakevisor.ledger import migrating as ledger_migrating
from lakevisor.ledger import statements
from lakevisor.ledger.turn_operations import CallOperations
from lakevisor.ledger.turn_rate_limits import TurnRateLimit
from lakevisor.supervisor import Supervisor
from lakevisor.supervisor.turn_run import TurnRun
from lakevisor_genie.queueing import Hold


def _random_token() -> None:
    CallOperations._token = lambda *_: uuid4().hex  # type: ignore[method-assign]


def _checkpoints_behind_the_work() -> None:
    """Leave LangGraph its default."""
    astream = Pregel.astream

    def unordered(self: Any, *args: Any, **kwargs: Any) -> Any:
        return astream(self, *args, **{**kwargs, "durability": "async"})

    Pregel.astream = unordered  # type: ignore[method-assign]


def _no_fence() -> None:
    """Write checkpoints as LangGraph does."""
    FencedSaver._cursor = AsyncPostgresSaver._cursor  # type: ignore[method-assign]


def _launch_before_its_intent() -> None:
    async def launched(self: Any, intent: Any, start: Any) -> Any:
        started = await self._start(intent, start)
        await self.turn.store.intend(self.turn.lease, intent, self.turn.limits)
        return await self.turn.store.launched(intent.token, started)

    CallOperations._launched = launched  # type: ignore[method-assign]


def _begin_anew() -> None:
    """Give the graph the person's message again instead of resuming it."""

    async def run(self: Any, context: Any, emit: Any) -> Any:
        return await self._run_graph(await self._new_turn(emit), context, emit)

    TurnRun._run = run  # type: ignore[method-assign]


def _end_with_the_client() -> None:
    stream = Supervisor.stream

    def bound(self: Any, request: Any, **_: Any) -> Any:
        return stream(self, request, outlives_client=False)

    Supervisor.stream = bound  # type: ignore[method-assign]


def _raw_history() -> None:
    """Show models the thread as it is stored."""

    def raw(messages: Sequence[Any], **_: Any) -> list[Any]:
        return list(messages)

    vars(speakers).update(supervisor_view=raw, agent_view=raw)


def _no_lease() -> None:
    """Let any number of turns work on a thread at once: each takes it, and none loses it."""
    _no_fence()
    read = statements.read_statements

    def without_lease() -> dict[str, str]:
        conditions = r"AND fence = %\(fence\)s|thread\.lease_until IS NULL"
        return {name: re.sub(conditions, _holds, text) for name, text in read().items()}

    statements.read_statements = without_lease


def _no_locks_of_limits() -> None:
    """Count what runs without keeping others from counting, and commit late, so that they do."""
    read = statements.read_statements

    def unlocked() -> dict[str, str]:
        found = read()
        for name in ("lock_owner", "lock_job"):
            found[name] = found[name].replace("FOR NO KEY UPDATE", "")
        found["operation_of_token"] += " AND pg_sleep(0.05) IS NOT NULL"
        return found

    statements.read_statements = unlocked


def _holds(condition: re.Match[str]) -> str:
    """Return what takes the place of a condition of the lease: it always holds."""
    return "AND true" if condition[0].startswith("AND") else "true"


def _no_locks_at_start() -> None:
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


def _no_governor() -> None:
    """Send each question at once, whatever the others have sent."""

    @asynccontextmanager
    async def at_once(self: Any, **_: Any) -> AsyncIterator[None]:
        yield

    TurnRateLimit.slot = at_once  # type: ignore[method-assign]


def _unnoted_sending() -> None:
    """Send a queued question without writing down before that it may be sent from now on."""

    async def before(self: Any) -> None:
        pass

    Hold.before_sending = before  # type: ignore[method-assign]


SWITCHES: Mapping[str, Callable[[], None]] = {
    "stable token": _random_token,
    "durability sync": _checkpoints_behind_the_work,
    "fence": _no_fence,
    "lease": _no_lease,
    "locks of limits": _no_locks_of_limits,
    "intent first": _launch_before_its_intent,
    "resume": _begin_anew,
    "turn of its own": _end_with_the_client,
    "healed history": _raw_history,
    "locks at start": _no_locks_at_start,
    "governor": _no_governor,
    "note before sending": _unnoted_sending,
}
"""The name of each protection, and what switches it off."""
