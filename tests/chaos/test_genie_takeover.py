"""The short form: the process dies right before or after it sends a queued question."""

from __future__ import annotations

import pytest

from chaos.genie_takeover import around_sending, killed_at
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_another_process_sends_the_question_of_one_that_died_once(world: World) -> None:
    found = await killed_at(world, around_sending)

    assert [each.is_harmed for each in found] == [True, True]
    assert all(each.is_good for each in found), found
