"""One event loop of a process, in a thread of its own, for callers that are synchronous.

MLflow calls `predict` in threads. All of them share this loop, as all requests of a server share
one: their turns run beside each other, on one pool of connections.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Coroutine, Iterator
from functools import cache
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")
_END: Any = object()


class BackgroundLoop:
    """Runs coroutines for other threads, each with the context variables of its caller."""

    def __init__(self) -> None:
        """Start the thread; it does not keep the process alive."""
        self._loop = asyncio.new_event_loop()
        Thread(target=self._loop.run_forever, name="lakevisor loop", daemon=True).start()

    def run(self, work: Coroutine[Any, Any, T], *, seconds: float | None = None) -> T:
        """Wait for a coroutine and return what it returns.

        Args:
            work: runs in the loop.
            seconds: how long to wait.

        Raises:
            TimeoutError: it takes longer, and is cancelled.
        """
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout=seconds)
        finally:
            # Where nobody waits any more: it took too long, or the caller was interrupted.
            future.cancel()

    def iterate(self, values: AsyncGenerator[T], *, seconds: float | None = None) -> Iterator[T]:
        """Yield what an asynchronous generator yields; it is closed when nobody reads on.

        Args:
            values: run in the loop.
            seconds: how long to wait for each.

        Raises:
            TimeoutError: one takes longer.
        """
        try:
            while (value := self.run(_next(values), seconds=seconds)) is not _END:
                yield value
        finally:
            # Not waited for: this may be the loop's own thread, in which memory is cleared up.
            asyncio.run_coroutine_threadsafe(_close(values), self._loop)


def process_loop() -> BackgroundLoop:
    """Return the loop of this process; it is started when it is first asked for."""
    # By process: one that was forked has none of its parent's threads.
    return _loop_of(os.getpid())


@cache
def _loop_of(_: int) -> BackgroundLoop:
    return BackgroundLoop()


async def _next(values: AsyncGenerator[T]) -> T:
    return await anext(values, _END)


async def _close(values: AsyncGenerator[Any]) -> None:
    await values.aclose()
