"""The command that makes a workspace answer: `workspace.start`."""

from __future__ import annotations

import asyncio
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from lakevisor.config import Configuration
from lakevisor.errors import WorkspaceError

Tell = Callable[[str], None]

_LAST_LINES = 8


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
