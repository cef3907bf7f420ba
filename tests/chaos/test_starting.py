"""The short form: servers that start at once on an empty database all come up."""

from __future__ import annotations

import pytest

from chaos.starting import started_alone, started_at_once
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_servers_that_start_at_once_on_an_empty_database_all_come_up(world: World) -> None:
    expected = await started_alone(world)

    found = await started_at_once(world, 8, expected=expected)

    assert found.is_good, found


async def test_the_harness_sees_servers_die_that_start_without_the_locks(world: World) -> None:
    expected = await started_alone(world)

    found = await started_at_once(world, 8, expected=expected, without=["locks at start"])

    assert "died" in found.unusable
