"""The event loop of a command, which ends when the command does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any, ParamSpec, TypeVar

T = TypeVar("T")
P = ParamSpec("P")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end and return its result, without waiting for its threads.

    Blocking calls run in threads, and a thread cannot be cancelled. The one that waits for a
    workspace that does not answer, or imports what is no longer needed, must not keep a person
    waiting who has been told the error or has left.
    """
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_UnwaitedThreads())
        return runner.run(work)


class _UnwaitedThreads(ThreadPoolExecutor):
    """A daemon thread for each call; asyncio takes nothing but a `ThreadPoolExecutor`."""

    def submit(self, call: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = call(*arguments, **options)
            # Whatever it is, it is raised where the result is awaited.
            except BaseException as error:  # noqa: BLE001 - as in every executor
                future.set_exception(error)
            else:
                future.set_result(result)

        Thread(target=work, daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for nothing."""
