"""The short form: a minute of Genie's limit is four seconds long."""

from __future__ import annotations

import pytest

from chaos.genie_questions import SHORT, asked_at_once
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_of_many_questions_at_once_none_fails_and_all_are_sent_in_fair_order(
    world: World,
) -> None:
    found = await asked_at_once(world, SHORT)

    assert found.is_good, found.wrong
