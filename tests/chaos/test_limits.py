"""The short form: fewer launches at once."""

from __future__ import annotations

import pytest

from chaos.limits import launched_at_once
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_of_many_launches_at_once_exactly_the_allowed_number_starts(world: World) -> None:
    found = await launched_at_once(world, "running_per_person", allowed=5, requests=40)

    assert found.is_good, found.wrong


async def test_the_harness_sees_limits_that_are_not_locked(world: World) -> None:
    found = await launched_at_once(
        world, "running_per_person", allowed=5, requests=40, without=["locks of limits"]
    )

    assert found.double_runs
