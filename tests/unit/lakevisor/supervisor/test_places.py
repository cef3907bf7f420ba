"""A process works on so many turns at once; the others wait, and not for ever."""

import asyncio

import pytest

from lakevisor.errors import ServerBusy
from lakevisor.supervisor.places import Places


async def test_who_finds_no_place_is_let_in_when_one_becomes_free():
    places, said = Places(at_once=1, wait_seconds=10), []

    async def turn(name: str) -> None:
        async with places.taken():
            said.append(f"{name} begins")
            await asyncio.sleep(0)
            said.append(f"{name} ends")

    await asyncio.gather(turn("a"), turn("b"), turn("c"))

    assert said == ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]


async def test_who_waits_too_long_is_told_that_nothing_was_begun():
    places = Places(at_once=1, wait_seconds=0)

    async with places.taken():
        with pytest.raises(ServerBusy, match="works on 1 requests already") as told:
            async with places.taken():
                pytest.fail("there was no place")

    assert "nothing was begun" in told.value.remedy


async def test_a_turn_that_fails_leaves_its_place():
    places = Places(at_once=1, wait_seconds=0)

    with pytest.raises(RuntimeError):
        async with places.taken():
            raise RuntimeError

    async with places.taken():
        pass


async def test_who_gives_up_waiting_takes_no_place():
    places = Places(at_once=1, wait_seconds=10)

    async def turn() -> None:
        async with places.taken():
            pass

    async with places.taken():
        waiting = asyncio.create_task(turn())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    await asyncio.wait_for(turn(), 1)
