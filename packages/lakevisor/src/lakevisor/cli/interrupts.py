"""Ctrl-C while an answer runs ends the answer, not the program."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any


async def run_until_interrupted(work: Coroutine[Any, Any, None]) -> bool:
    """Do the work; return whether it came to its end before somebody pressed Ctrl-C.

    Must be called on the main thread's event loop.
    """
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)
    loop.add_signal_handler(signal.SIGINT, task.cancel)
    try:
        await asyncio.wait({task})
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)
        task.cancel()
    if task.cancelled():
        return False
    task.result()
    return True
