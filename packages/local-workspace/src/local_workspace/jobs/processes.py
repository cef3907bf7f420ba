"""The processes of task runs: started, watched, adopted after a restart, and killed as groups.

A process is told from another by a lock, not by its number: the server opens the lock file, takes
the lock and lets the process inherit it. It is held exactly as long as the process lives, whoever
is watching, and a number that the system has given to another process cannot be mistaken for it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PASSED_ON = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
LOCK_DESCRIPTOR = 3
"""Under which a process holds its lock; the runner keeps it from its own children."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a task's process wrote before it ended."""

    end_time: int
    """Milliseconds since 1970."""
    setup_duration: int = 0
    """Milliseconds in which libraries were installed."""
    result: str | None = None
    """The notebook's exit value."""
    truncated: bool = False
    """Whether the exit value was cut."""
    error: str | None = None
    """`ValueError: what was wrong`, when it failed."""
    error_trace: str | None = None
    """The Python traceback."""
    task_values: Mapping[str, Any]
    """What it left for other tasks."""


class Processes:
    """Starts and stops the processes of task runs, each in a folder and a group of its own."""

    def __init__(self, runs: Path, *, variables: Mapping[str, str]) -> None:
        self._runs = runs
        self._variables = variables
        self._children: set[int] = set()
        self._seen_alive: set[int] = set()

    def start(self, task_run_id: int, spec: Mapping[str, Any]) -> None:
        """Start a task's process, unless a server that died had started it already."""
        folder = self._folder(task_run_id)
        if self.was_started(task_run_id):
            return
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "spec.json").write_text(json.dumps(spec), encoding="utf-8")
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            pid = self._spawn(folder, lock)
            self._children.add(pid)
            self._seen_alive.add(task_run_id)
            # the process writes it too, in case this one dies before
            (folder / "pid").write_text(str(pid), encoding="ascii")
        finally:
            os.close(lock)

    def was_started(self, task_run_id: int) -> bool:
        """Whether its process lives or has lived."""
        return (self._folder(task_run_id) / "pid").exists() or self.is_alive(task_run_id)

    def is_alive(self, task_run_id: int) -> bool:
        """Whether its process holds its lock."""
        self.reap()
        try:
            lock = os.open(self._folder(task_run_id) / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._seen_alive.add(task_run_id)
            return True
        finally:
            os.close(lock)
        return False

    def has_group(self, task_run_id: int) -> bool:
        """Whether any process that it started, or itself, is left."""
        return self._kill(task_run_id, 0)

    def signal(self, task_run_id: int, number: signal.Signals) -> None:
        """Send a signal to its process and to all that it started, if it was seen alive."""
        self._kill(task_run_id, number)

    def outcome(self, task_run_id: int) -> Outcome | None:
        """Return what its process wrote at its end, if it came to that."""
        try:
            text = (self._folder(task_run_id) / "exit.json").read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return Outcome(**json.loads(text))

    def output(self, task_run_id: int, limit: int) -> tuple[str, bool]:
        """Return what it printed, at most `limit` bytes of it, and whether more was cut off."""
        try:
            with (self._folder(task_run_id) / "output.log").open("rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return "", False
        return data[:limit].decode("utf-8", errors="replace"), len(data) > limit

    def remove(self, task_run_id: int) -> None:
        """Delete what a finished process left behind."""
        shutil.rmtree(self._folder(task_run_id), ignore_errors=True)

    def reap(self) -> None:
        """Take note of own children that ended, so that they do not stay as zombies."""
        for pid in list(self._children):
            with suppress(ChildProcessError):
                if os.waitpid(pid, os.WNOHANG) == (0, 0):
                    continue
            self._children.discard(pid)

    def _spawn(self, folder: Path, lock: int) -> int:
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        variables = {**passed_on, **self._variables, "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-P", "-m", "local_workspace.jobs.runner", str(folder)]
        new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        # posix_spawn and not subprocess.Popen, which warns when its process outlives it
        return os.posix_spawn(
            sys.executable,
            command,
            variables,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, lock, LOCK_DESCRIPTOR),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(folder / "output.log"), new, 0o600),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
        )

    def _kill(self, task_run_id: int, number: int) -> bool:
        # a group that this server never saw alive is gone, and its number may be another's by now
        if task_run_id not in self._seen_alive:
            return False
        try:
            group = int((self._folder(task_run_id) / "pid").read_text(encoding="ascii"))
            os.killpg(group, number)
        except (FileNotFoundError, ProcessLookupError):
            self._seen_alive.discard(task_run_id)
            return False
        return True

    def _folder(self, task_run_id: int) -> Path:
        return self._runs / str(task_run_id)
