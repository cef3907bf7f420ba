"""Getting ready: the workspace's start command, the slow imports, the connections."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from lakevisor.config import Configuration
from lakevisor.errors import WorkspaceError

if TYPE_CHECKING:
    from lakevisor.supervisor import Supervisor

Tell = Callable[[str], None]

_LAST_LINES = 8


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


async def start_workspace(
    configuration: Configuration, environment: Mapping[str, str], *, tell: Tell
) -> None:
    """Run the command `workspace.start`, where there is one, from the configuration's root.

    Args:
        configuration: of the workspace.
        environment: for the command.
        tell: is told what the command says, a line at a time.

    Raises:
        WorkspaceError: there is no such program, or it failed; with its last lines.
    """
    command = configuration.settings.workspace.start
    if not command:
        return
    shown = " ".join(command)
    tell(f"running {shown}")
    process = await asyncio.create_subprocess_exec(
        _program(command, configuration.root, environment),
        *command[1:],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=PIPE,
        stderr=STDOUT,
        cwd=configuration.root,
        env=environment,
    )
    try:
        said = await _read_lines(process, tell)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if code:
        lines = "\n".join(said)
        raise WorkspaceError(
            f"The command {shown!r} (workspace.start) ended with exit code {code}:\n{lines}",
            remedy=f"Run it by hand in {configuration.root} to see all it says.",
        )


async def _read_lines(process: asyncio.subprocess.Process, tell: Tell) -> Sequence[str]:
    """Pass on each line that the command says, and return the last ones."""
    said: deque[str] = deque(maxlen=_LAST_LINES)
    assert process.stdout is not None, "it was made with a pipe"
    async for line in process.stdout:
        words = line.decode(errors="replace").strip()
        if words:
            said.append(words)
            tell(words)
    return said


def _program(command: Sequence[str], root: Path, environment: Mapping[str, str]) -> str:
    """Find the program: beside this Python, so that both are of one installation, else on PATH."""
    name = command[0]
    beside = str(Path(sys.executable).parent)
    if "/" in name:
        found = shutil.which(str(root / name))
    else:
        found = shutil.which(name, path=beside) or shutil.which(name, path=environment.get("PATH"))
    if found is None:
        raise WorkspaceError(
            f"The program {name!r} of workspace.start was not found.",
            remedy="Install it, or correct workspace.start in the configuration.",
        )
    return found
