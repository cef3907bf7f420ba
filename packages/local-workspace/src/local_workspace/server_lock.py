"""One server a data folder: a lock that the kernel gives back when its holder is gone.

A process id in a file can be old and belong to somebody else by now; a lock cannot.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """A server runs on this data folder already."""


@contextmanager
def hold_server_lock(data: Path) -> Iterator[None]:
    """Be the one server of this folder, and say which process that is.

    Raises:
        AlreadyRunning: another process is.
    """
    with _open(data / "server.lock") as file:
        if not _try_lock(file):
            raise AlreadyRunning(data)
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        yield


@contextmanager
def hold_start_lock(data: Path) -> Iterator[None]:
    """Wait until no other command starts or stops the server of this folder, then keep them out."""
    with _open(data / "start.lock") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def serving_process(data: Path) -> int | None:
    """Return the id of the process that serves this folder, or None where none does."""
    if not (data / "server.lock").exists():
        return None
    with _open(data / "server.lock") as file:
        if _try_lock(file):
            return None
        # The holder writes its id right after it has got the lock.
        for _ in range(100):
            if written := os.pread(file, 32, 0):
                return int(written)
            time.sleep(0.01)
    return None


@contextmanager
def _open(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield file
    finally:
        os.close(file)


def _try_lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
