"""Starts and stops the server of a data folder from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from local_workspace.server_lock import hold_server_lock, hold_start_lock, serving_process
from local_workspace.settings import Settings
from local_workspace.state_file import State

_START_SECONDS = 300
"""The first start makes the demo's data and a PostgreSQL."""
_STOP_SECONDS = 30
_POLL = 0.05
_LOG_TAIL = 20


class DidNotStart(Exception):
    """The server ended, or did not become ready in time."""

    def __init__(self, data: Path) -> None:
        self.log = log_file(data)
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_TAIL:]
        self.tail = "\n".join(lines)
        super().__init__(f"The local workspace did not start; see {self.log}")


def log_file(data: Path) -> Path:
    """Return where the server of this folder writes its log."""
    return data / "server.log"


def running(data: Path) -> State | None:
    """Return the state of the server of this folder if it runs and answers."""
    pid, state = serving_process(data), State.read(data)
    if pid is None or state is None or state.pid != pid:
        return None
    try:
        answer = httpx.get(f"{state.url}/local/health", timeout=5, trust_env=False)
    except httpx.HTTPError:
        return None
    return state if answer.status_code == httpx.codes.OK else None


def start(data: Path, *, port: int | None, progress: Callable[[str], None]) -> State:
    """Return the state of the server of this folder, started if it does not run.

    Raises:
        DidNotStart: it ended, or was not ready in time.
    """
    with hold_start_lock(data):
        if state := running(data):
            return state
        # A server that holds the folder and does not answer would keep the new one out.
        _stop_process(data)
        began = log_file(data).stat().st_size if log_file(data).exists() else 0
        process = _spawn(data, port)
        deadline = time.monotonic() + _START_SECONDS
        told = _Progress(log_file(data), offset=began)
        while process.poll() is None and time.monotonic() < deadline:
            state = State.read(data)
            if state is not None and state.pid == process.pid and running(data):
                return state
            for line in told.lines():
                progress(line)
            time.sleep(_POLL)
        if process.poll() is None:
            process.kill()
            process.wait()
    raise DidNotStart(data)


def stop(data: Path, *, everything: bool) -> bool:
    """Stop the server of this folder and return whether there was one.

    Args:
        data: The folder.
        everything: Also end the jobs' processes, and a PostgreSQL that a killed server left;
            else they go on, and the next server finds them.
    """
    with hold_start_lock(data):
        stopped = _stop_process(data)
        if everything and State.read(data) is not None:
            _stop_what_is_left(data)
        return stopped


def _stop_what_is_left(data: Path) -> None:
    # Late, because it loads what a whole server loads.
    from local_workspace.workspace import Workspace

    with hold_server_lock(data):
        workspace = Workspace(Settings(data=data))
        asyncio.run(workspace.stop_everything())
        workspace.close()


def _spawn(data: Path, port: int | None) -> subprocess.Popen[bytes]:
    # -P keeps the current folder off the module path: a file there must not shadow a module.
    command = [sys.executable, "-P", "-m", "local_workspace.server", str(data)]
    if port is not None:
        command.append(str(port))
    with log_file(data).open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=data,
            start_new_session=True,
        )


def _stop_process(data: Path) -> bool:
    pid = serving_process(data)
    if pid is None:
        return False
    deadline = time.monotonic() + _STOP_SECONDS
    _signal(pid, signal.SIGTERM)
    while serving_process(data) is not None:
        if time.monotonic() > deadline:
            _signal(pid, signal.SIGKILL)
            deadline = time.monotonic() + _STOP_SECONDS
        time.sleep(_POLL)
    return True


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


class _Progress:
    """The new lines of a log in which the workspace says what it does."""

    def __init__(self, path: Path, *, offset: int) -> None:
        self._path = path
        self._offset = offset

    def lines(self) -> Iterator[str]:
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                _, mark, message = line.decode(errors="replace").partition(" INFO local_workspace")
                if mark:
                    yield message.partition(": ")[2].strip()
