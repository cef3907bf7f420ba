"""The supervisor of a server: opened beside it, again and again until it works."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lakevisor.config import Configuration
from lakevisor.errors import LakebaseError, LakevisorError, NotReady, WorkspaceError
from lakevisor.serving.background_responses import BackgroundResponses
from lakevisor.supervisor import open_supervisor, preload_beside
from lakevisor.workspace import start_workspace

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

logger = logging.getLogger(__name__)

PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0)
"""Between the attempts; the last one is for all that follow."""
FIRST_SECONDS = 30.0
"""How long a request waits for the end of the first attempt to open."""
GiveUp = Callable[[BaseException], None]
SecondsLeft = Callable[[], float]


class OpenedInBackground:
    """A supervisor that is opened in the background and closed at the end.

    A workspace or a Lakebase that does not answer, or does not let us in, may do so later. What
    only a person can correct (the configuration, a plugin) is given up.
    """

    def __init__(
        self,
        configuration: Configuration,
        environment: Mapping[str, str],
        *,
        give_up: GiveUp,
        drain_seconds: SecondsLeft,
    ) -> None:
        """Say what is to be opened.

        Args:
            configuration: of the workspace.
            environment: for secrets and for `workspace.start`.
            give_up: is called with what makes it impossible; the server is to end.
            drain_seconds: how long running turns may take when it is closed.
        """
        self._configuration = configuration
        self._environment = environment
        self._give_up = give_up
        self._drain_seconds = drain_seconds
        self._supervisor: Supervisor | None = None
        self._background: BackgroundResponses | None = None
        self._closing = asyncio.Event()
        self._was_tried = asyncio.Event()
        self.problem: LakevisorError | None = None
        """Why it is not open, where an attempt has failed."""

    async def __aenter__(self) -> Self:
        """Begin to open."""
        self._task = asyncio.create_task(self._hold_open(), name="supervisor")
        self._task.add_done_callback(self._tell_failure)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the turns that run end, and close the connections."""
        self._closing.set()
        if self._supervisor is None:
            self._task.cancel()
        await asyncio.wait({self._task})

    @property
    def supervisor(self) -> Supervisor:
        """Return the supervisor.

        Raises:
            NotReady: it is not open yet.
        """
        if self._supervisor is None:
            raise NotReady
        return self._supervisor

    @property
    def background(self) -> BackgroundResponses:
        """Return what is worked on in the background.

        Raises:
            NotReady: it is not open yet.
        """
        if self._background is None:
            raise NotReady
        return self._background

    async def tried(self) -> None:
        """Wait for the end of the first attempt; for those that follow nobody waits.

        Of several processes on one port the first that is ready says so for all: who then asks
        another one is not refused because that is a moment behind.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_SECONDS):
                await self._was_tried.wait()

    async def _hold_open(self) -> None:
        preload_beside()
        attempt = 0
        while not self._closing.is_set():
            try:
                await self._open()
            except (WorkspaceError, LakebaseError) as error:
                self.problem = error
                self._was_tried.set()
                pause = PAUSES_SECONDS[min(attempt, len(PAUSES_SECONDS) - 1)]
                attempt += 1
                logger.warning(
                    "Not ready, next attempt in %g s: %s",
                    pause,
                    error.report(),
                    extra={"action": "not_ready"},
                )
                await asyncio.sleep(pause)

    async def _open(self) -> None:
        """Open it, and hold it open until it is to be closed."""
        await start_workspace(self._configuration, self._environment, tell=logger.info)
        serving = self._configuration.settings.serving
        async with (
            open_supervisor(self._configuration, self._environment) as supervisor,
            BackgroundResponses.opened(supervisor, serving) as background,
        ):
            self._supervisor, self._background, self.problem = supervisor, background, None
            self._was_tried.set()
            logger.info("Ready.", extra={"action": "ready"})
            try:
                await self._closing.wait()
                background.worker.stop()
                await supervisor.drain(self._drain_seconds())
            finally:
                self._supervisor = self._background = None

    def _tell_failure(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._give_up(error)
