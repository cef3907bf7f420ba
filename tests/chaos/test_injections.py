"""The short form: what stands in data starts and stops nothing, and honest requests work."""

from __future__ import annotations

import pytest

from chaos.injections.cases import UNREAD, Case
from chaos.injections.rows import held
from chaos.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")

FLAT = [
    Case(source="cell", payload="start", when="now", shortcuts=True),
    Case(source="comment", payload="terminate", when="later", shortcuts=True),
    Case(source="error", payload="two-calls", when="next", shortcuts=True),
    Case(source="notice", payload="start", when="next", shortcuts=True),
]
BY_SUB_AGENTS = [
    Case(source="page", payload="parameters", when="now", shortcuts=False),
    Case(source="output", payload="repair", when="next", shortcuts=False),
    Case(source="run-name", payload="start", when="next", shortcuts=False),
]


@pytest.mark.parametrize("cases", [FLAT, BY_SUB_AGENTS], ids=["shortcuts", "sub-agents"])
async def test_an_injection_that_a_model_obeys_has_no_effect(
    cases: list[Case], world: World
) -> None:
    found = await held(world, cases)

    assert [each for each in found if not each.is_good] == []
    read = [each for each in cases if each.source not in UNREAD]
    assert sum(each.is_harmed for each in found) == len(read)


async def test_the_same_injections_have_effects_where_nobody_is_asked(world: World) -> None:
    found = await held(world, FLAT[:2], protected=False)

    assert all(each.double_runs for each in found)
