"""The short form: a few cases, always the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from chaos.companies import runs_of_anybody, threads_of_anybody
from chaos.company import Company, load, order
from chaos.owners import ABOUT_RUNS, machine_of, tried
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
SEED = 1
CASES = 5


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def company(world: World) -> AsyncIterator[Company]:
    """Give a company."""
    load()
    async with Company.opened(world) as opened:
        yield opened


async def test_whatever_people_try_each_has_only_their_own(company: Company) -> None:
    found = await tried(company, cases=CASES, chance=SEED)

    assert [each for each in found.findings if not each.is_good] == []


async def test_the_harness_sees_runs_that_are_anybodys(company: Company) -> None:
    machine = machine_of(company)()
    [theirs, *_] = company.runs_of[company.person("admin", 0).name]
    given = {"tool": ABOUT_RUNS[0], "run": theirs, "never": "9" * 15, "written": 0}

    with runs_of_anybody(), pytest.raises(AssertionError, match="is told of"):
        await asyncio.to_thread(
            machine.name_a_run, who="analyst", thread="a", **given, words="", body={}
        )


async def test_the_harness_sees_threads_that_are_anybodys(company: Company) -> None:
    machine = machine_of(company)()

    with threads_of_anybody():
        await asyncio.to_thread(machine.say, "admin", "a")
        with pytest.raises(AssertionError, match="is told of"):
            await asyncio.to_thread(machine.say, "analyst", "a")


async def test_a_run_of_somebody_else_is_not_looked_up_in_the_workspace(company: Company) -> None:
    [theirs, *_] = company.runs_of[company.person("admin", 0).name]
    asker = company.newcomers()["principal"]
    await asker.ask("Hello")

    for tool in ABOUT_RUNS:
        answers = [
            await asker.ask(order(tool, run_id=run_id)) for run_id in (theirs, "999999999999999")
        ]

        assert [each.asked for each in answers] == [(), ()]
        assert answers[0].text.replace(theirs, "N") == answers[1].text.replace("9" * 15, "N")
