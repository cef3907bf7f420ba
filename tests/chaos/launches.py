"""The rows about launches: whatever happens to one, there is one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chaos import experiments
from chaos.finding import Finding
from chaos.row import Experiment, Options, Row
from chaos.scenario import CONFIRMED, FLAT, SCENARIOS, SUB_AGENT, Scenario
from chaos.trial import Stage
from chaos.world import World

RANDOMLY = (FLAT, SUB_AGENT, CONFIRMED)
"""The scenarios that share the kills at random times."""


def _killed(scenario: Scenario, *, protected: bool = True) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        async with Stage.opened(world, scenario, protected=protected) as stage:
            chosen = (await experiments.moments(stage))[:: options.every]
            return await experiments.killed_at_every_moment(stage, chosen)

    return run


def _killed_at_random(scenario: Scenario) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        times = -(-options.random_kills // len(RANDOMLY))
        async with Stage.opened(world, scenario) as stage:
            return await experiments.killed_at_random(stage, times=times, seed=options.seed)

    return run


async def _faults(world: World, _: Options) -> Sequence[Finding]:
    async with Stage.opened(world, experiments.impatient(FLAT)) as stage:
        return await experiments.with_transport_faults(stage, experiments.TRANSPORT_FAULTS)


async def _often(world: World, _: Options) -> Sequence[Finding]:
    async with Stage.opened(world, FLAT) as stage:
        return await experiments.sent_often(stage, range(2, 11))


async def _frozen(world: World, options: Options) -> Sequence[Finding]:
    async with Stage.opened(world, experiments.impatient(FLAT)) as stage:
        chosen = (await experiments.moments(stage))[:: options.every]
        return await experiments.frozen(stage, chosen)


async def _restarts(world: World, options: Options) -> Sequence[Finding]:
    async with Stage.opened(world, FLAT) as stage:
        return await experiments.with_database_restarts(
            stage, times=options.restarts, seed=options.seed
        )


def _rows() -> Iterator[Row]:
    for scenario in SCENARIOS:
        yield Row(name=f"killed: {scenario.name}", run=_killed(scenario))
    for scenario in RANDOMLY:
        yield Row(name=f"killed at random: {scenario.name}", run=_killed_at_random(scenario))
    yield Row(name="transport faults", run=_faults)
    yield Row(name="sent 2 to 10 times", run=_often)
    yield Row(name="frozen process", run=_frozen)
    yield Row(name="PostgreSQL restarts", run=_restarts)
    yield Row(name="unprotected", run=_killed(FLAT, protected=False), must_find=True)


ROWS: Sequence[Row] = tuple(_rows())
