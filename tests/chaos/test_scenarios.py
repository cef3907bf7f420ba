"""Whether the scenarios are what they say they are."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from chaos import experiments
from chaos.experiments import Moment
from chaos.scenario import (
    CONFIRMED,
    CONFIRMED_VARYING,
    FLAT,
    REVIEWED,
    SLOW,
    SLOW_DATABASE,
    SUB_AGENT,
    SUB_AGENT_VARYING,
    VARYING,
    Scenario,
)
from chaos.trial import Stage, Trial
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAST_WORD = "after the model's last word"


def tools_of(body: Mapping[str, Any]) -> set[str]:
    return {each["function"]["name"] for each in body["tools"]}


async def killed(stage: Stage, *moments: Moment) -> Trial:
    """Send what leads to the launch; the process of each of these moments dies at it."""
    trial = Trial(stage=stage)
    for at, request in enumerate(trial.requests):
        for moment in (each for each in moments if each.request == at):
            victim = await stage.replicas.take()
            armed = moment.armed(signal.SIGKILL)
            assert await trial.send_to_victim(request, victim, moment=armed), moment
        await trial.send(request)
    return trial


async def test_a_flat_launch_asks_the_supervisors_model_alone(world: World) -> None:
    async with Stage.opened(world, FLAT) as stage:
        trial = await killed(stage)

        [asked] = await world.model_requests(marker=trial.marker)

    assert "start_databricks_job" in tools_of(asked)


async def test_a_launch_through_the_sub_agent_asks_its_model_too(world: World) -> None:
    async with Stage.opened(world, SUB_AGENT) as stage:
        trial = await killed(stage)

        supervisor, agent = await world.model_requests(marker=trial.marker)

    assert "start_databricks_job" not in tools_of(supervisor)
    assert "start_databricks_job" in tools_of(agent)


@pytest.mark.parametrize(
    ("scenario", "words"),
    [(VARYING, "(2)"), (SUB_AGENT_VARYING, "(3)"), (CONFIRMED_VARYING, "(3)")],
    ids=lambda each: getattr(each, "name", each),
)
async def test_a_model_that_is_asked_again_gives_other_words(
    world: World, scenario: Scenario, words: str
) -> None:
    async with Stage.opened(world, scenario) as stage:
        trial = await killed(stage, Moment(request=0, label=LAST_WORD, time=1))

        [request] = (await trial.runs()).values()

    assert words in request


@pytest.mark.parametrize("scenario", [CONFIRMED, REVIEWED], ids=lambda each: each.name)
async def test_a_confirmed_launch_waits_for_the_second_request(
    world: World, scenario: Scenario
) -> None:
    async with Stage.opened(world, scenario) as stage:
        trial = Trial(stage=stage)
        proposing, accepting = trial.requests
        proposed = await trial.send(proposing)
        before = await trial.runs()
        await trial.send(accepting)

        after = await trial.runs()

    assert "Answer yes or no" in proposed.text
    assert (len(before), len(after)) == (0, 1)


async def test_both_turns_of_a_confirmed_launch_have_moments(world: World) -> None:
    async with Stage.opened(world, CONFIRMED) as stage:
        moments = await experiments.moments(stage)

    assert launching(moments) == {1}
    assert {each.request for each in moments} == {0, 1}


async def test_a_slow_database_takes_its_time_for_every_transaction(world: World) -> None:
    async with Stage.opened(world, SLOW_DATABASE) as stage:
        trial = Trial(stage=stage)
        victim = await stage.replicas.take()
        reply = await victim.ask(trial.requests[0], moment={})

    commits = reply.points.count("after SQL commit")
    assert commits > 0
    # Each has a BEGIN and a COMMIT; two may run at the same time.
    assert reply.seconds > SLOW * commits


def launching(moments: Sequence[Moment]) -> set[int]:
    return {each.request for each in moments if "/jobs/run-now" in each.label}
