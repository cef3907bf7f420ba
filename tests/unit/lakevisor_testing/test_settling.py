"""What a plugin says its effects would do, held to the contract."""

from dataclasses import replace
from itertools import count

import pytest
from langchain_core.tools import tool
from pydantic import BaseModel

from lakevisor_plugin import Answer, Settled, SubAgent, ToolCall
from lakevisor_testing import assert_settles, make_turn


class Settings(BaseModel):
    """Nothing to set."""


@tool
async def water(plant: str = "the usual") -> str:
    """Water a plant."""
    return plant


def settled(**arguments):
    return Settled(arguments=arguments, action="water a plant", values=arguments)


async def settle(_settings, call, _turn):
    plant = call.arguments.get("plant", "the usual")
    return settled(plant="fern" if plant == "the usual" else plant)


GARDEN = SubAgent(
    name="garden",
    delegate_when="For plants.",
    settings=Settings,
    prompt="Water plants.",
    build_tools=lambda settings: [water],
    effects=("water",),
    settle=settle,
)
CALL = ToolCall(agent="garden", tool="water", call_id="1", arguments={})


async def check(settle, call=CALL):
    return await assert_settles(replace(GARDEN, settle=settle), Settings(), call, make_turn())


async def test_what_leaves_nothing_open_is_returned():
    assert await check(settle) == settled(plant="fern")


async def test_an_answer_is_returned():
    async def answer(*_):
        return Answer(text="It is wet.")

    assert await check(answer) == Answer(text="It is wet.")


numbers = count()


async def another_each_time(*_):
    return settled(plant=f"fern {next(numbers)}")


async def another_argument(*_):
    return settled(tree="oak")


async def another_type(*_):
    return settled(plant=7)


async def launches(_settings, _call, turn):
    await turn.operations.launch(kind="", title="", job=None, parameters={}, start=None)


async def stops(_settings, _call, turn):
    await turn.operations.request_cancel("1", state="")


async def repairs(_settings, _call, turn):
    await turn.operations.repaired("1", state="")


async def says_nothing(*_):
    return None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (another_each_time, "another call"),
        (another_argument, "takes no tree"),
        (another_type, "does not take what was settled"),
        (launches, "launches something"),
        (stops, "stops something"),
        (repairs, "repairs something"),
        (says_nothing, "returned NoneType"),
        (None, "has no settle"),
    ],
)
async def test_what_breaks_the_contract_fails_the_test(wrong, said):
    with pytest.raises(AssertionError, match=said):
        await check(wrong)


async def test_only_effects_are_settled():
    with pytest.raises(AssertionError, match="does not stand in effects"):
        await check(settle, CALL.model_copy(update={"tool": "look"}))
