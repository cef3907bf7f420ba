"""The server process of a local workspace, from the port to the state file."""

from __future__ import annotations

import logging
import os
import socket
import sys
from pathlib import Path

import uvicorn

from local_workspace.connection import DroppableConnection
from local_workspace.server_lock import hold_server_lock
from local_workspace.serving import UpstreamSettings
from local_workspace.settings import Settings, WrongSetting
from local_workspace.state_file import State
from local_workspace.workspace import Workspace

DEFAULT_PORT = Settings.port
_BACKLOG = 256
_GRACE = 3
"""Seconds that open requests have when the server is told to stop."""

# As a process of its own this module is `__main__`, which would not tell a reader much.
log = logging.getLogger("local_workspace.server")


class PortTaken(Exception):
    """The port that was asked for is taken by another program."""


def serve(data: Path, *, port: int | None = None) -> None:
    """Serve the workspace in `data` until told to stop.

    Args:
        data: The folder that holds everything; made where it is not there.
        port: Exactly this port, or 0 for any free one. Without it: the port of the last
            start, else 8787, else any free one.

    Raises:
        AlreadyRunning: another process serves this folder.
        PortTaken: another program has the port that was asked for.
        WrongSetting: an environment variable cannot be used.
    """
    data = data.resolve()
    with hold_server_lock(data):
        listener = _listen(data, port)
        settings = _settings(data, port=listener.getsockname()[1])
        upstream = UpstreamSettings.from_environment(os.environ)
        workspace = Workspace(settings, upstream=upstream)
        log.info("Preparing the demo's data")
        workspace.prepare()
        log.info("Starting PostgreSQL and the other services")
        config = uvicorn.Config(
            workspace.app(),
            http=DroppableConnection,
            loop="asyncio",
            ws="none",
            lifespan="on",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE,
            timeout_keep_alive=75,
        )
        _Server(config, workspace=workspace, data=data).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Says that it is ready once it is, and not before."""

    def __init__(self, config: uvicorn.Config, *, workspace: Workspace, data: Path) -> None:
        super().__init__(config)
        self._workspace = workspace
        self._data = data

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            state = self._workspace.state(os.getpid())
            state.write(self._data)
            log.info("The workspace is ready at %s", state.url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        log.info("The workspace stops")
        await super().shutdown(sockets)
        self._workspace.close()
        log.info("The workspace has stopped")


def _settings(data: Path, *, port: int) -> Settings:
    return Settings(
        data=data,
        port=port,
        genie_seconds=Settings.genie_seconds_in(os.environ),
        genie_questions_per_minute=Settings.genie_questions_in(os.environ),
    )


def _listen(data: Path, port: int | None) -> socket.socket:
    """Return a listening socket on loopback, on the port that clients know if that is free."""
    last = State.read(data)
    known = last.port if last else DEFAULT_PORT
    candidates = [port] if port else [last.port if last else 0, 0] if port == 0 else [known, 0]
    for candidate in candidates:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        # A port in TIME_WAIT from the server before this one may be taken again at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((Settings.host, candidate))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            log.info("Port %d is taken", candidate)
            continue
        return listener
    raise PortTaken(port)


def main() -> None:
    """Run as a process of its own: `python -m local_workspace.server DATA [PORT]`."""
    log_to_stderr()
    data, *port = sys.argv[1:]
    try:
        serve(Path(data), port=int(port[0]) if port else None)
    except PortTaken as taken:
        sys.exit(f"Port {taken} is taken by another program.")
    except WrongSetting as wrong:
        sys.exit(str(wrong))


def log_to_stderr() -> None:
    """Write sentences about what the server does; `up` shows them while it waits."""
    form = "%(asctime)s %(levelname)s %(name)s: %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, stream=sys.stderr)
    logging.getLogger("httpx").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()
