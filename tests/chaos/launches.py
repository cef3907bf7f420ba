"""The rows about launches: whatever happens to one, there is one run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from chaos import experiments, leaving
from chaos.experiments import Moment, impatient
from chaos.finding import Finding
from chaos.mix import mixed
from chaos.row import Experiment, Options, Row
from chaos.scenario import (
    CONFIRMED,
    FLAT,
    SCENARIOS,
    SLOW_DATABASE,
    SUB_AGENT,
    SUB_AGENT_VARYING,
    VARYING,
    VARYING_SLOW,
    Scenario,
)
from chaos.trial import Stage
from chaos.world import World

AtMoments: TypeAlias = Callable[[Stage, Iterable[Moment]], Awaitable[Sequence[Finding]]]
JOBS, MODEL, READING = "/jobs/", " model", "SQL select thread_id"
"""What stands in the names of the moments around calls of the job's, the model's, and around the
reading of the thread."""
RANDOMLY = (FLAT, SUB_AGENT_VARYING, SLOW_DATABASE, CONFIRMED)
"""The scenarios that share the kills at random times."""
MIXED = (FLAT, SUB_AGENT_VARYING, CONFIRMED)
"""The scenarios that share the mix."""


def at_moments(
    experiment: AtMoments, scenario: Scenario, *, without: Sequence[str] = (), label: str = ""
) -> Experiment:
    """Return what does something at each moment of a launch, or only where the label fits."""

    async def run(world: World, options: Options) -> Sequence[Finding]:
        async with Stage.opened(world, scenario, without=without) as stage:
            moments = await experiments.moments(stage)
            chosen = [each for each in moments if label in each.label]
            return await experiment(stage, chosen if label else options.drawn(chosen))

    return run


def _killed_at_random(scenario: Scenario) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        times = -(-options.random_kills // len(RANDOMLY))
        async with Stage.opened(world, scenario) as stage:
            return await experiments.killed_at_random(stage, times=times, seed=options.seed)

    return run


def _mixed(scenario: Scenario) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        times = -(-options.mix // len(MIXED))
        async with Stage.opened(world, impatient(scenario)) as stage:
            return await mixed(stage, times=times, seed=options.seed)

    return run


def _faults(scenario: Scenario) -> Experiment:
    async def run(world: World, _: Options) -> Sequence[Finding]:
        async with Stage.opened(world, impatient(scenario)) as stage:
            return await experiments.with_transport_faults(stage, experiments.TRANSPORT_FAULTS)

    return run


async def _often(world: World, _: Options) -> Sequence[Finding]:
    async with Stage.opened(world, FLAT) as stage:
        return await experiments.sent_often(stage, range(2, 11))


async def _restarts(world: World, options: Options) -> Sequence[Finding]:
    async with Stage.opened(world, FLAT) as stage:
        return await experiments.with_database_restarts(
            stage, times=options.restarts, seed=options.seed
        )


def _rows() -> Iterator[Row]:
    killed = experiments.killed_at_every_moment
    for scenario in SCENARIOS:
        yield Row(name=f"killed: {scenario.name}", run=at_moments(killed, scenario))
    for scenario in RANDOMLY:
        yield Row(name=f"killed at random: {scenario.name}", run=_killed_at_random(scenario))
    for scenario in MIXED:
        yield Row(name=f"mix: {scenario.name}", run=_mixed(scenario))
    for scenario in (FLAT, SUB_AGENT):
        yield Row(name=f"transport faults: {scenario.name}", run=_faults(scenario))
    yield Row(name="sent 2 to 10 times", run=_often)
    yield Row(name="frozen", run=at_moments(experiments.frozen, impatient(FLAT)))
    yield Row(name="client leaves", run=at_moments(leaving.clients_leave, FLAT))
    yield Row(name="given up", run=at_moments(leaving.given_up, FLAT))
    yield Row(name="PostgreSQL restarts", run=_restarts)


def _unprotected() -> Iterator[Row]:
    """Yield a row for each protection that is switched off, at the moments that it protects."""
    killed = experiments.killed_at_every_moment
    for name, experiment, scenario, label, must_find in (
        ("stable token", killed, FLAT, JOBS, "double_runs"),
        ("durability sync", killed, VARYING_SLOW, JOBS, "double_runs"),
        ("resume", killed, VARYING, JOBS, "lost"),
        ("fence", experiments.frozen, impatient(FLAT), READING, "wrong"),
        ("intent first", leaving.given_up, FLAT, JOBS, "lost"),
        ("turn of its own", leaving.clients_leave, FLAT, MODEL, "lost"),
        ("healed history", leaving.given_up, FLAT, JOBS, "unusable"),
    ):
        run = at_moments(experiment, scenario, without=[name], label=label)
        yield Row(name=f"without {name}", run=run, must_find=must_find)


UNPROTECTED: Sequence[Row] = tuple(_unprotected())
ROWS: Sequence[Row] = (*_rows(), *UNPROTECTED)
