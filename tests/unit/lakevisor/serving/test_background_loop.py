"""The event loop of a process, for callers that are synchronous."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextvars import ContextVar
from threading import Barrier, Event, Thread
from typing import Any

import pytest

from lakevisor.serving.background_loop import BackgroundLoop, process_loop

SECONDS = 10.0
variable: ContextVar[str] = ContextVar("variable", default="none")


@pytest.fixture
def loop() -> BackgroundLoop:
    return process_loop()


async def double(number: int) -> int:
    return 2 * number


async def fail() -> None:
    raise ZeroDivisionError


def test_there_is_one_loop_in_a_process() -> None:
    assert process_loop() is process_loop()


def test_what_a_coroutine_returns_is_returned(loop: BackgroundLoop) -> None:
    assert loop.run(double(21)) == 42


def test_what_a_coroutine_raises_is_raised(loop: BackgroundLoop) -> None:
    with pytest.raises(ZeroDivisionError):
        loop.run(fail())


def test_coroutines_of_several_threads_run_beside_each_other(loop: BackgroundLoop) -> None:
    """Each waits for the other, so that one after the other would never end."""
    met: dict[int, asyncio.Event] = {}

    async def meet(me: int) -> None:
        for number in (0, 1):
            met.setdefault(number, asyncio.Event())
        met[me].set()
        await met[1 - me].wait()

    start = Barrier(2)

    def run(me: int) -> None:
        start.wait(SECONDS)
        loop.run(meet(me), seconds=SECONDS)

    threads = [Thread(target=run, args=(me,)) for me in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert not any(thread.is_alive() for thread in threads)


def test_what_takes_too_long_is_cancelled(loop: BackgroundLoop) -> None:
    ended = Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        loop.run(wait(), seconds=0.05)
    assert ended.wait(SECONDS)


def test_context_variables_are_those_of_the_caller(loop: BackgroundLoop) -> None:
    async def read() -> str:
        return variable.get()

    token = variable.set("mine")
    try:
        assert loop.run(read()) == "mine"
    finally:
        variable.reset(token)


class Counting:
    """An asynchronous generator that says when it was closed."""

    def __init__(self, *, fails: bool = False) -> None:
        self.closed = Event()
        self.fails = fails

    async def values(self) -> AsyncGenerator[int]:
        try:
            for number in range(3):
                yield number
            if self.fails:
                raise ZeroDivisionError
        finally:
            self.closed.set()


def test_values_come_in_order_and_the_generator_is_closed(loop: BackgroundLoop) -> None:
    counting = Counting()

    assert list(loop.iterate(counting.values())) == [0, 1, 2]
    assert counting.closed.wait(SECONDS)


def test_what_a_generator_raises_is_raised_behind_its_values(loop: BackgroundLoop) -> None:
    values = loop.iterate(Counting(fails=True).values())

    assert [next(values) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(values)


def test_a_generator_that_is_left_is_closed(loop: BackgroundLoop) -> None:
    counting = Counting()
    values: Any = loop.iterate(counting.values())

    next(values)
    values.close()

    assert counting.closed.wait(SECONDS)
