"""The short form: what happens to PostgreSQL costs no turn that need not be lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from chaos.finding import Finding
from chaos.outages import OUTAGES, gone
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    "outage",
    [each for each in OUTAGES.values() if each is not gone],
    ids=lambda each: each.__name__,
)
async def test_an_outage_costs_no_turn_but_its_own(
    world: World, outage: Callable[[World], Awaitable[Finding]]
) -> None:
    found = await outage(world)

    assert found.is_good, found


async def test_turns_fail_soon_without_a_database_and_work_again_soon_after(world: World) -> None:
    found = await gone(world, seconds=7)

    assert found.is_good, found
