"""Places for turns: a process works on so many at once, and lets the others wait outside.

A turn that waits here holds nothing: no thread, no connection, no lock. Without this, a thousand
requests at once share one loop until none gets its answers from PostgreSQL in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property

from lakevisor.errors import ServerBusy


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places of one process; whoever came first is let in first."""

    at_once: int
    """How many there are."""
    wait_seconds: float
    """How long a turn waits for one."""

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Hold a place while the block runs.

        Raises:
            ServerBusy: none became free in time; nothing was begun.
        """
        try:
            async with asyncio.timeout(self.wait_seconds):
                await self._free.acquire()
        except TimeoutError:
            raise ServerBusy(at_once=self.at_once) from None
        try:
            yield
        finally:
            self._free.release()

    @cached_property
    def _free(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(self.at_once)
