"""Programs that run to their end, or with the server, and write to a log."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_GRACE_SECONDS = 5


async def run_logged(
    command: Sequence[str], *, folder: Path, log: Path, variables: Mapping[str, str]
) -> int:
    """Run a program, append what it says to a log, and return its exit status.

    If the caller is cancelled, the program and all that it started end.
    """
    process = await start_logged(command, folder=folder, log=log, variables=variables)
    try:
        return await process.wait()
    finally:
        await end(process)


async def start_logged(
    command: Sequence[str], *, folder: Path, log: Path, variables: Mapping[str, str]
) -> asyncio.subprocess.Process:
    """Start a program in a group of its own; its input ends when this process does."""
    with log.open("ab") as opened:
        return await asyncio.create_subprocess_exec(
            *command,
            cwd=folder,
            env=dict(variables),
            stdin=asyncio.subprocess.PIPE,
            stdout=opened,
            stderr=opened,
            start_new_session=True,
        )


async def end(process: asyncio.subprocess.Process, *, seconds: float = _GRACE_SECONDS) -> None:
    """End a program and all that it started: asked first, then by force."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(process.wait(), seconds)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.stdin is not None:
        process.stdin.close()
