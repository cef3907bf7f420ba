"""What goes on beside the turns and after them, as long as this process lives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

logger = logging.getLogger(__name__)

AT_MOST = 500
"""How much goes on at once; what is more is begun by who looks at it next."""


@dataclass(kw_only=True)
class Background:
    """The work that tools have begun with `Turn.afterwards`."""

    _tasks: set[asyncio.Task[None]] = field(default_factory=set, init=False, repr=False)
    _is_closed: bool = field(default=False, init=False)

    def begin(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Begin some work, and return whether it was begun."""
        if self._is_closed or len(self._tasks) >= AT_MOST:
            return False
        # Not in the context of the turn: its trace and its stream end with it.
        task = asyncio.create_task(_logged(work), name="afterwards", context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def close(self) -> None:
        """Cancel what goes on, wait until it has given up what it holds, and begin no more."""
        self._is_closed = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _logged(work: Callable[[], Awaitable[None]]) -> Coroutine[Any, Any, None]:
    async def run() -> None:
        try:
            await work()
        # A plugin's function may raise anything, and nobody waits for this one.
        except Exception:
            logger.warning(
                "What went on after a turn has failed.",
                exc_info=True,
                extra={"action": "afterwards_failed"},
            )

    return run()
