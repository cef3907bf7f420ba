"""The short form of `make chaos`: whatever happens to a launch, there is one run."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from chaos import experiments, leaving
from chaos.experiments import Moment
from chaos.finding import Finding
from chaos.launches import RANDOMLY, UNPROTECTED
from chaos.mix import mixed
from chaos.row import Options, Row
from chaos.scenario import CONFIRMED, FLAT, Scenario
from chaos.trial import Stage
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

SEEN = ("without stable token", "without resume", "without fence")
"""Of the builds without a protection, those of the short form; the long form has them all."""
SAMPLE = 2
"""Moments of a scenario at which the short form kills; the long form takes them all."""


def bad(findings: Sequence[Finding]) -> Sequence[Finding]:
    return [each for each in findings if not each.is_good]


def around_the_launch(
    moments: Sequence[Moment],
) -> Sequence[Moment]:
    """Return the moments before and after the request that starts the job."""
    return [each for each in moments if "/jobs/run-now" in each.label]


@pytest.mark.parametrize("scenario", RANDOMLY, ids=lambda each: each.name)
async def test_a_process_that_is_killed_leaves_one_run(world: World, scenario: Scenario) -> None:
    async with Stage.opened(world, scenario) as stage:
        moments = await experiments.moments(stage)
        # Seeded: the same moments each time, so that a failure comes again.
        chosen = random.Random(scenario.name).sample(moments, SAMPLE)  # noqa: S311

        found = await experiments.killed_at_every_moment(
            stage, [*around_the_launch(moments), *chosen]
        )

    assert bad(found) == []


async def test_a_process_that_is_killed_at_any_time_leaves_one_run(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        assert bad(await experiments.killed_at_random(stage, times=15, seed=1)) == []


async def test_a_request_that_fails_on_the_way_starts_one_run(world: World) -> None:
    async with Stage.opened(world, experiments.impatient(FLAT)) as stage:
        names = experiments.TRANSPORT_FAULTS
        assert bad(await experiments.with_transport_faults(stage, names)) == []


async def test_the_same_request_sent_often_starts_one_run(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        assert bad(await experiments.sent_often(stage, times=(2, 6))) == []


async def test_a_process_that_wakes_up_after_another_took_over_writes_nothing(
    world: World,
) -> None:
    async with Stage.opened(world, experiments.impatient(FLAT)) as stage:
        moments = await experiments.moments(stage)
        # Also inside the transaction of a checkpoint, where it holds the row of the thread.
        inside = [each for each in moments if "INSERT INTO checkpoints" in each.label][-1:]

        found = await experiments.frozen(stage, [*around_the_launch(moments), *inside])

    assert bad(found) == []


async def test_a_restart_of_the_database_leaves_one_run(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        assert bad(await experiments.with_database_restarts(stage, times=4, seed=1)) == []


async def test_a_client_that_leaves_gets_its_run_all_the_same(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        launch = around_the_launch(await experiments.moments(stage))

        assert bad(await leaving.clients_leave(stage, launch)) == []


async def test_the_ledger_knows_of_a_run_that_nobody_asks_for_again(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        launch = around_the_launch(await experiments.moments(stage))

        assert bad(await leaving.given_up(stage, launch)) == []


async def test_random_harms_leave_one_run(world: World) -> None:
    async with Stage.opened(world, experiments.impatient(CONFIRMED)) as stage:
        assert bad(await mixed(stage, times=6, seed=1)) == []


@pytest.mark.parametrize(
    "row", [each for each in UNPROTECTED if each.name in SEEN], ids=lambda row: row.name
)
async def test_the_harness_sees_what_each_protection_prevents(world: World, row: Row) -> None:
    found = await row.run(world, Options())

    assert not row.has_failed(found)
