"""The server's processes: one, or several on one port, and how they end.

Databricks Apps kills a process 15 seconds after SIGTERM. Until then: no new connection is taken,
the turns that run come to their end or are left to whoever sends the request again, and the
connections are closed.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

import uvicorn
from fastapi import FastAPI

from lakevisor.errors import ConfigurationError
from lakevisor.serving.opening import GiveUp, SecondsLeft

logger = logging.getLogger(__name__)

STOP_SECONDS = 11.0
"""From the signal on, what turns may take; the rest of the 15 s is for closing."""
CONNECTIONS_SECONDS = 10
"""How long answers may be written after the signal; whole seconds, as uvicorn has it."""
LEAST_DRAIN_SECONDS = 0.5


class MakeApp(Protocol):
    """Makes the application of one process."""

    def __call__(self, *, give_up: GiveUp, drain_seconds: SecondsLeft) -> FastAPI:
        """Return the application; see `build_app`."""
        ...


Run = Callable[[Coroutine[Any, Any, None]], None]


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where the server listens."""

    host: str
    port: int
    """0 lets the system choose."""


def serve(make_app: MakeApp, listener: socket.socket, *, run: Run) -> None:
    """Answer requests in this process until a signal ends it.

    Args:
        make_app: makes the application.
        listener: from `listen_on`; several processes may share it.
        run: runs the work of this process to its end.

    Raises:
        LakevisorError: the server cannot work as it is configured.
    """
    _Process(make_app).run(listener, run)


def listen_on(address: Address) -> socket.socket:
    """Return a socket at the address, on which nothing is accepted yet.

    Raises:
        ConfigurationError: another program listens there, or nobody may.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
    except OSError as error:
        listener.close()
        where = f"{address.host}:{address.port}"
        raise ConfigurationError(
            f"Nothing can listen on {where}: {error.strerror}.",
            remedy="Choose another port with --port.",
        ) from error
    where = "[%s]:%d" if family == socket.AF_INET6 else "%s:%d"
    told = where % listener.getsockname()[:2]
    logger.info("Listening on http://%s", told, extra={"action": "listening"})
    return listener


def _config(app: Callable[[], FastAPI]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        factory=True,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Who asks is read from headers in one place, and the client's address is not used.
        proxy_headers=False,
        timeout_graceful_shutdown=CONNECTIONS_SECONDS,
    )


class _Process:
    """One process that answers."""

    def __init__(self, make_app: MakeApp) -> None:
        self._make_app = make_app
        self._given_up: BaseException | None = None
        self._stops_at: float | None = None

    def run(self, listener: socket.socket, run: Run) -> None:
        self._server = _Server(_config(self.app), on_signal=self._begin_to_stop)
        run(self._server.serve(sockets=[listener]))
        if self._given_up is not None:
            raise self._given_up

    def app(self) -> FastAPI:
        return self._make_app(give_up=self._give_up, drain_seconds=self._seconds_left)

    def _give_up(self, error: BaseException) -> None:
        self._given_up = error
        self._server.should_exit = True

    def _begin_to_stop(self) -> None:
        self._stops_at = self._stops_at or time.monotonic() + STOP_SECONDS

    def _seconds_left(self) -> float:
        self._begin_to_stop()
        assert self._stops_at is not None, "it was just set"
        return max(LEAST_DRAIN_SECONDS, self._stops_at - time.monotonic())


class _Server(uvicorn.Server):
    """Uvicorn's server, which also says when it is told to end."""

    def __init__(self, config: uvicorn.Config, *, on_signal: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_signal = on_signal

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._on_signal()
        super().handle_exit(sig, frame)
