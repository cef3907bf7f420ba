"""A launch whose process died and that nobody asks about again is found by another process."""

from __future__ import annotations

import asyncio
import signal

import pytest

from chaos import experiments
from chaos.scenario import FLAT
from chaos.trial import Stage, Trial
from chaos.world import LEASE_SECONDS, World

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW = 0.5


async def given_up(stage: Stage, side: str) -> Trial:
    """Kill a process before or after its request to start the job, and send nothing again.

    What other tests have left unresolved is decided before.
    """
    await stage.replicas.survivor.sweep(window=WINDOW)
    found = await experiments.moments(stage)
    [moment] = [each for each in found if "run-now" in each.label and side in each.label][:1]
    trial = Trial(stage=stage)
    victim = await stage.replicas.take()
    died = await trial.send_to_victim(
        trial.requests[0], victim, moment=moment.armed(signal.SIGKILL)
    )
    assert died
    # The lease runs out in PostgreSQL, which tells nobody.
    await asyncio.sleep(LEASE_SECONDS + 2 * WINDOW)
    return trial


async def test_a_run_that_nobody_knew_of_is_found_once_and_its_owner_is_told(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        trial = await given_up(stage, "after")

        swept = await stage.replicas.survivor.sweep(window=WINDOW)

        [run_id] = await trial.runs()
        assert swept == [["launched", f"Run {run_id}."]]
        assert f"run {run_id}" in (await trial.say("Hello")).text.lower()
        assert await stage.replicas.survivor.sweep(window=WINDOW) == []
        assert list(await trial.runs()) == [run_id]


async def test_a_launch_that_was_never_sent_is_given_up(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        trial = await given_up(stage, "before")

        [[outcome, _]] = await stage.replicas.survivor.sweep(window=WINDOW)

        assert outcome == "abandoned"
        assert not await trial.runs()
