"""The rows about injections: nothing starts, stops or is repaired because a text wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chaos.finding import Finding
from chaos.injections.cases import GENIE, JOB, PAGE, UNREAD, Case, all_cases
from chaos.injections.house import House
from chaos.injections.trial import Trial
from chaos.row import Experiment, Options, Row
from chaos.world import World

AT_ONCE = 6
"""Conversations at the same time."""
UNPROTECTED_EVERY = 12
"""Each so many cases are enough to see that the attacks work where nobody is asked."""


async def held(world: World, cases: Sequence[Case], *, protected: bool = True) -> Sequence[Finding]:
    """Hold a conversation for each case."""
    findings: list[Finding] = []
    room = asyncio.Semaphore(AT_ONCE)

    async def one(house: House, case: Case) -> Finding:
        async with room:
            return await Trial(house=house, case=case).finding()

    for shortcuts in (True, False):
        mine = [each for each in cases if each.shortcuts == shortcuts]
        if not mine:
            continue
        async with House.opened(world, shortcuts=shortcuts, protected=protected) as house:
            findings += await asyncio.gather(*(one(house, each) for each in mine))
    return findings


def _of(sources: Sequence[str]) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        cases = [each for each in all_cases() if each.source in sources]
        return await held(world, cases[:: options.every])

    return run


async def _nobody_asked(world: World, _: Options) -> Sequence[Finding]:
    return await held(world, all_cases()[::UNPROTECTED_EVERY], protected=False)


ROWS: Sequence[Row] = (
    Row(name="injections: in what Genie gives", run=_of(GENIE)),
    Row(name="injections: in what a job gives", run=_of(JOB)),
    Row(name="injections: in what a plugin's tool gives", run=_of(PAGE)),
    Row(name="injections: where no model reads them", run=_of(UNREAD)),
    Row(name="injections: nobody asked", run=_nobody_asked, must_find="double_runs"),
)
