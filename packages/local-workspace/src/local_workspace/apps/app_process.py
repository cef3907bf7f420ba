"""One app that runs: its process, and the port that it listens on."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_workspace.commands import end, start_logged

_START_SECONDS = 600
_GRACE_SECONDS = 15
"""Between SIGTERM and SIGKILL, as on the platform."""
_PORT = "DATABRICKS_APP_PORT"


class AppFailed(Exception):
    """The app ended, or did not listen on its port in time."""


@dataclass(frozen=True, kw_only=True)
class AppProcess:
    """A running app."""

    process: asyncio.subprocess.Process
    port: int

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.process.returncode is None

    async def end(self) -> None:
        """Ask it to end, and make it end after the time that the platform gives."""
        await end(self.process, seconds=_GRACE_SECONDS)


async def start_app(
    command: Sequence[str],
    *,
    python: Path,
    folder: Path,
    log: Path,
    variables: Mapping[str, str],
) -> AppProcess:
    """Start an app's command and wait until it listens.

    Args:
        command: The program and its arguments.
        python: That of the app's environment; programs beside it are found first.
        folder: In which it runs: its source.
        log: Where its output goes.
        variables: Its environment, but for the port and the path.

    Raises:
        AppFailed: there is no such program, it ended, or it did not listen in time.
    """
    port = _free_port()
    path = f"{python.parent}:{os.defpath}"
    known = {**variables, "PATH": path, _PORT: str(port)}
    # the one variable that the platform replaces, for no shell does
    words = [re.sub(rf"\${_PORT}\b|\$\{{{_PORT}\}}", str(port), each) for each in command]
    program = shutil.which(words[0], path=path)
    if program is None:
        raise AppFailed(f"There is no program {words[0]!r} in the app's environment.")
    process = await start_logged([program, *words[1:]], folder=folder, log=log, variables=known)
    try:
        await _listens(process, port)
    except BaseException:
        await end(process)
        raise
    return AppProcess(process=process, port=port)


async def _listens(process: asyncio.subprocess.Process, port: int) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _START_SECONDS
    while process.returncode is None and loop.time() < deadline:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
    if process.returncode is not None:
        raise AppFailed(f"The app ended with status {process.returncode}. See its log.")
    raise AppFailed(f"The app did not listen on {_PORT} in {_START_SECONDS} seconds.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
