"""The rows about owners: several companies at once, each with a server in its own process."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from chaos import company, owners
from chaos.finding import Finding
from chaos.row import Options, Row
from chaos.world import World
from lakevisor.supervisor import Request

AT_ONCE = 3
"""How many; one alone waits half its time for PostgreSQL and the workspace."""
FEW = 10
"""One case in so many is enough where a protection is switched off."""


@contextmanager
def runs_of_anybody() -> Iterator[None]:
    """Find an operation whoever owns it."""
    from lakevisor.ledger.postgres.operations import PostgresOperations

    async def get(self: Any, owner: Any, run_id: str, *, kind: str | None = None) -> Any:
        return await self.get_any(owner.workspace_id, run_id, kind=kind)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PostgresOperations, "get", get)
        yield


@contextmanager
def threads_of_anybody() -> Iterator[None]:
    """Store a thread under the client's id alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Request, "thread_key", lambda request, owner: request.thread_of(owner))
        yield


SWITCHES: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "": nullcontext,
    "owner of runs": runs_of_anybody,
    "owner of threads": threads_of_anybody,
}
"""The name of each protection, and what switches it off."""


def _share(
    state: Mapping[str, Any], logs: Path, cases: int, chance: int, without: str
) -> owners.Tried:
    """Let the people of one company try so many cases, in a process of its own."""

    async def work() -> owners.Tried:
        async with World.opened(state, logs) as world, company.Company.opened(world) as opened:
            with SWITCHES[without]():
                return await owners.tried(opened, cases=cases, chance=chance)

    # Each refusal would be written down.
    logging.disable(logging.WARNING)
    company.load()
    return asyncio.run(work())


async def _tried(world: World, *, cases: int, chance: int, without: str) -> Sequence[Finding]:
    share, loop = -(-cases // AT_ONCE), asyncio.get_running_loop()
    # Not forked: this process has a loop and threads.
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(AT_ONCE, mp_context=spawned) as pool:
        told = await asyncio.gather(
            *(
                loop.run_in_executor(
                    pool, _share, world.state, world.logs, share, chance + at, without
                )
                for at in range(AT_ONCE)
            )
        )
    reached = frozenset[tuple[Any, ...]]().union(*(each.reached for each in told))
    print(
        f"    {len(reached)} of {owners.COMBINATIONS} combinations of asker, tool, whose run it"
        " is and how its id is written",
        flush=True,
    )
    return [finding for each in told for finding in each.findings]


def _row(name: str, *, without: str = "") -> Row:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        cases = options.cases // FEW if without else options.cases
        return await _tried(world, cases=cases, chance=options.seed, without=without)

    return Row(name=name, run=run, must_find=bool(without))


ROWS = (
    _row("owners"),
    _row("without owner of runs", without="owner of runs"),
    _row("without owner of threads", without="owner of threads"),
)
