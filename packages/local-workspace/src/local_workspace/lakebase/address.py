"""Where clients find the database: always port 5432, so the address is what can differ."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local_workspace.private_file import write_private

PORT = 5432
"""The port that Lakebase's clients take; no answer of the API can name another."""
_LOOPBACK = tuple(f"127.0.0.{number}" for number in range(1, 33))
_LONGEST_SOCKET_PATH = 100  # 107 bytes on Linux, 103 on macOS


@dataclass(frozen=True, kw_only=True)
class Listener:
    """A socket that listens, and the name by which clients reach it."""

    host: str
    """A loopback address, or the folder of a Unix socket: libpq takes both as `host`."""
    socket: socket.socket

    @property
    def is_unix(self) -> bool:
        """Whether clients come over a Unix socket, for which libpq knows no TLS."""
        return self.socket.family == socket.AF_UNIX

    def close(self) -> None:
        """Stop listening, and take away the socket's file."""
        if self.is_unix:
            with suppress(FileNotFoundError):
                os.unlink(self.socket.getsockname())  # noqa: PTH108 - a socket's own name
        self.socket.close()


def listen(folder: Path, *, port: int = PORT) -> Listener:
    """Listen where a client with that port finds us, at the same place as last time if possible.

    Another workspace or a PostgreSQL may have the port on one loopback address: then the next one
    is taken. It may have it on all of them, and macOS has only one: then it is a Unix socket.

    Args:
        folder: Keeps the address over restarts, and the Unix socket where its path is short.
        port: The port.
    """
    memory = folder / "host"
    last = memory.read_text(encoding="utf-8") if memory.exists() else None
    for host in _candidates(last):
        listener = _bound(host, port)
        if listener is not None:
            break
    else:
        listener = _bound_unix(_socket_folder(folder, last), port)
    if listener.host != last:
        write_private(memory, listener.host)
    return listener


def _candidates(last: str | None) -> Iterator[str]:
    if last in _LOOPBACK:
        yield last
    yield from (host for host in _LOOPBACK if host != last)


def _bound(host: str, port: int) -> Listener | None:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setblocking(False)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(256)
    except OSError:
        listening.close()
        return None
    return Listener(host=host, socket=listening)


def _bound_unix(folder: Path, port: int) -> Listener:
    path = folder / f".s.PGSQL.{port}"
    # What lies there is left over: one workspace at a time runs on a data folder.
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.setblocking(False)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen(256)
    return Listener(host=str(folder), socket=listening)


def _socket_folder(folder: Path, last: str | None) -> Path:
    own = (folder / "gateway").absolute()
    if len(os.fsencode(own)) + len("/.s.PGSQL.65535") <= _LONGEST_SOCKET_PATH:
        own.mkdir(parents=True, exist_ok=True)
        return own
    if last is not None and last not in _LOOPBACK and _is_ours(Path(last)):
        return Path(last)
    return Path(tempfile.mkdtemp(prefix="local-workspace-", dir=short_temporary()))


def _is_ours(folder: Path) -> bool:
    return folder.is_dir() and folder.stat().st_uid == os.geteuid()


def short_temporary() -> str:
    """Return a folder for sockets, whose paths may be no longer than about 100 bytes."""
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()  # noqa: S108 - short
