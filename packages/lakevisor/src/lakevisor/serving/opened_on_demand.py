"""The supervisor of a model: opened by the first request, for all that follow."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextvars import Context
from functools import partial
from typing import TYPE_CHECKING

from lakevisor.config import Configuration
from lakevisor.errors import NotReady, ServerStopping
from lakevisor.supervisor import open_supervisor
from lakevisor.workspace import start_workspace

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

logger = logging.getLogger(__name__)

OPENING_SECONDS = 60.0
"""How long a request waits for it; Model Serving cuts a request after 297 s."""


class OpenedOnDemand:
    """A supervisor that is opened when it is first asked for; all of it belongs to one loop.

    Where that fails, each request that waits for it is told why, and the next one tries again.
    """

    def __init__(self, configuration: Configuration, environment: Mapping[str, str]) -> None:
        """Say what is to be opened.

        Args:
            configuration: of the workspace.
            environment: for secrets and for `workspace.start`.
        """
        self._configuration = configuration
        self._environment = environment
        self._opened: asyncio.Future[Supervisor] | None = None
        self._holding: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self._drain_seconds = 0.0

    async def supervisor(self) -> Supervisor:
        """Return the supervisor, after it was opened if need be.

        Raises:
            NotReady: it takes longer than a request can wait; it goes on being opened.
            LakevisorError: it cannot be opened.
        """
        if self._opened is None or _has_failed(self._opened):
            self._opened = asyncio.get_running_loop().create_future()
            # Not in the context of the request: what is opened outlives it.
            self._holding = asyncio.create_task(
                self._hold_open(self._opened), name="supervisor", context=Context()
            )
            self._holding.add_done_callback(partial(_tell_failure, self._opened))
        try:
            async with asyncio.timeout(OPENING_SECONDS):
                return await asyncio.shield(self._opened)
        except TimeoutError:
            raise NotReady from None

    @property
    def is_begun(self) -> bool:
        """Return whether anybody has asked for it."""
        return self._holding is not None

    async def close(self, *, drain_seconds: float) -> None:
        """Let the turns that run end, and close the connections."""
        self._drain_seconds = drain_seconds
        self._closing.set()
        if self._holding is not None and self._opened is not None:
            if not self._opened.done():
                self._holding.cancel()
            await asyncio.wait({self._holding})

    async def _hold_open(self, opened: asyncio.Future[Supervisor]) -> None:
        await start_workspace(self._configuration, self._environment, tell=logger.info)
        async with open_supervisor(self._configuration, self._environment) as supervisor:
            opened.set_result(supervisor)
            logger.info("Ready.", extra={"action": "ready"})
            await self._closing.wait()
            await supervisor.drain(self._drain_seconds)


def _tell_failure(opened: asyncio.Future[Supervisor], holding: asyncio.Task[None]) -> None:
    """Raise what keeps the supervisor from being opened where it is waited for."""
    if not opened.done():
        error = None if holding.cancelled() else holding.exception()
        opened.set_exception(error or ServerStopping())


def _has_failed(opened: asyncio.Future[Supervisor]) -> bool:
    return opened.done() and opened.exception() is not None
