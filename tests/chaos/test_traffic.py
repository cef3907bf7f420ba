"""The short form: what a client was told is not lost, whoever dies or freezes meanwhile."""

from __future__ import annotations

import pytest

from chaos.traffic import delivered
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_no_acknowledged_turn_is_lost_while_servers_and_the_database_fail(
    world: World,
) -> None:
    found = await delivered(world, turns=60, seed=1)

    assert [each for each in found if not each.is_good] == []


async def test_the_harness_sees_what_is_lost_without_the_lease(world: World) -> None:
    found = await delivered(world, turns=100, seed=1, without=["lease"])

    assert any(not each.is_good for each in found)
