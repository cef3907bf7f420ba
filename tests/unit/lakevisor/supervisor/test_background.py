"""What goes on after a turn."""

import asyncio
import logging
from contextvars import ContextVar

from lakevisor.supervisor.background import Background

VARIABLE = ContextVar("VARIABLE", default="nothing")


async def test_it_goes_on_until_it_is_done():
    background, done = Background(), asyncio.Event()

    async def work():
        done.set()

    assert background.begin(work)
    await done.wait()
    await background.close()


async def test_at_the_end_it_is_cancelled_and_awaited():
    background, begun, given_up = Background(), asyncio.Event(), []

    async def work():
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            given_up.append(True)

    background.begin(work)
    await begun.wait()
    await background.close()

    assert given_up == [True]
    assert not background.begin(work)


async def test_what_fails_is_logged(caplog):
    background, failed = Background(), asyncio.Event()

    async def work():
        failed.set()
        raise KeyError("gone")

    with caplog.at_level(logging.WARNING):
        background.begin(work)
        await failed.wait()
        await background.close()

    assert "has failed" in caplog.text


async def test_the_context_of_the_turn_does_not_go_on():
    background, seen = Background(), asyncio.Queue()
    VARIABLE.set("the turn's")

    async def work():
        await seen.put(VARIABLE.get())

    background.begin(work)

    assert await seen.get() == "nothing"
    await background.close()
