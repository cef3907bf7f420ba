"""The long form: every moment, a thousand random kills; prints a table, fails on any finding."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from chaos import experiments
from chaos.scenario import CONFIRMED, FLAT, SCENARIOS, SUB_AGENT, Scenario
from chaos.trial import Finding, Stage
from chaos.world import World, local_workspace

Experiment = Callable[[Stage], Awaitable[Sequence[Finding]]]
UNPROTECTED = "unprotected"
HEADER = ("scenario", "kill points", "double runs", "lost launches", "unusable threads", "wrong")


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--random-kills", type=int, default=1000)
    parser.add_argument("--restarts", type=int, default=100)
    parser.add_argument("--every", type=int, default=1, help="only each N-th moment")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder, local_workspace(Path(folder) / "data") as state:
        return asyncio.run(_report(state, Path(folder), given))


async def _report(state: Mapping[str, Any], logs: Path, given: argparse.Namespace) -> int:
    failed = False
    print(" | ".join(HEADER), flush=True)
    async with World.opened(state, logs) as world:
        for name, scenario, experiment in _rows(given):
            if given.only not in name:
                continue
            protected = name != UNPROTECTED
            async with Stage.opened(world, scenario, protected=protected) as stage:
                findings = await experiment(stage)
            bad = [each for each in findings if not each.is_good]
            # A harness that finds nothing without the protection proves nothing with it.
            doubles = sum(each.double_runs for each in findings)
            failed |= bool(bad) if protected else not doubles
            print(_row(name, findings), flush=True)
            for each in bad if protected else ():
                print(f"    {each}", file=sys.stderr, flush=True)
    return int(failed)


def _rows(given: argparse.Namespace) -> Iterator[tuple[str, Scenario, Experiment]]:
    """Yield the name of each row, its scenario, and what is done to it."""

    async def at_every_moment(stage: Stage) -> Sequence[Finding]:
        chosen = (await experiments.moments(stage))[:: given.every]
        return await experiments.killed_at_every_moment(stage, chosen)

    async def at_random(stage: Stage) -> Sequence[Finding]:
        times = given.random_kills // 3
        return await experiments.killed_at_random(stage, times=times, seed=given.seed)

    async def faults(stage: Stage) -> Sequence[Finding]:
        return await experiments.with_transport_faults(stage, experiments.TRANSPORT_FAULTS)

    async def often(stage: Stage) -> Sequence[Finding]:
        return await experiments.sent_often(stage, range(2, 11))

    async def frozen(stage: Stage) -> Sequence[Finding]:
        chosen = (await experiments.moments(stage))[:: given.every]
        return await experiments.frozen(stage, chosen)

    async def restarts(stage: Stage) -> Sequence[Finding]:
        times = given.restarts
        return await experiments.with_database_restarts(stage, times=times, seed=given.seed)

    for scenario in SCENARIOS:
        yield scenario.name, scenario, at_every_moment
    yield UNPROTECTED, FLAT, at_every_moment
    for scenario in (FLAT, SUB_AGENT, CONFIRMED):
        yield f"random times, {scenario.name}", scenario, at_random
    yield "transport faults", experiments.impatient(FLAT), faults
    yield "sent 2 to 10 times", FLAT, often
    yield "frozen process", experiments.impatient(FLAT), frozen
    yield "PostgreSQL restarts", FLAT, restarts


def _row(name: str, findings: Sequence[Finding]) -> str:
    counts = (
        sum(each.is_harmed for each in findings),
        sum(each.double_runs for each in findings),
        sum(bool(each.lost_launches) for each in findings),
        sum(bool(each.unusable) for each in findings),
        sum(bool(each.wrong_answers) for each in findings),
    )
    return " | ".join([name, *map(str, counts)])


if __name__ == "__main__":
    sys.exit(main())
