"""Getting ready while something else goes on, such as a prompt."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from lakevisor.config import Configuration
from lakevisor.workspace import start_workspace

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor


class SupervisorInBackground:
    """A supervisor that gets ready while something else goes on, and is closed at the end."""

    def __init__(self, configuration: Configuration, environment: Mapping[str, str]) -> None:
        self._configuration = configuration
        self._environment = environment
        self._closing = asyncio.Event()
        self._opened: asyncio.Future[Supervisor] = asyncio.get_running_loop().create_future()
        self.doing = "getting ready"
        """What it does now, in words."""

    async def __aenter__(self) -> Self:
        """Begin to get ready."""
        self._task = asyncio.create_task(self._hold_open())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the connections."""
        self._closing.set()
        if not self._opened.done():
            self._task.cancel()
        await asyncio.wait({self._task})
        if error is None and not self._task.cancelled():
            self._task.result()

    @property
    def is_ready(self) -> bool:
        """Whether a question would not have to wait."""
        return self._opened.done()

    @property
    def has_failed(self) -> bool:
        """Whether it ended without ever being ready."""
        return self._task.done() and not self._opened.done()

    async def settled(self) -> None:
        """Wait until the supervisor is ready, or cannot be."""
        either: set[asyncio.Future[Any]] = {self._task, self._opened}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)

    async def supervisor(self) -> Supervisor:
        """Wait until the supervisor is ready, and return it.

        Raises:
            LakevisorError: as `open_supervisor`, or because the start command failed.
        """
        await self.settled()
        if not self._opened.done():
            self._task.result()
        return self._opened.result()

    async def _hold_open(self) -> None:
        # One task opens and closes: what is entered in a task must be left in it.
        from lakevisor.supervisor import open_supervisor, preload_beside

        preload_beside()
        await start_workspace(self._configuration, self._environment, tell=self._tell)
        self._tell(f"getting ready for the workspace {self._configuration.workspace_name!r}")
        async with open_supervisor(self._configuration, self._environment) as supervisor:
            self._opened.set_result(supervisor)
            await self._closing.wait()

    def _tell(self, words: str) -> None:
        self.doing = words
