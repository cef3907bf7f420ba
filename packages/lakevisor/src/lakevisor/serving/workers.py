"""Several processes on one port, and a parent that starts them again and ends them."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from typing import Any

from lakevisor.errors import ConfigurationError

logger = logging.getLogger(__name__)

GIVEN_UP = 78
"""The exit code of a worker that it does not help to start again (sysexits: EX_CONFIG)."""
KILLED_AFTER_SECONDS = 14.0
"""After the signal to end; Databricks Apps kills all processes at 15."""
LOOK_SECONDS = 0.2
RESTART_SECONDS = 1.0
"""Between the end of a worker and its successor."""


class Workers:
    """Worker processes, each of which does the same."""

    def __init__(self, work: Callable[..., None], *arguments: Any, count: int) -> None:
        """Say what each does.

        Args:
            work: ends with the exit code `GIVEN_UP` where starting it again does not help.
            arguments: of `work`; all of it is pickled.
            count: how many there are.
        """
        self._work = work
        self._arguments = arguments
        self._count = count
        self._workers: list[SpawnProcess] = []
        self._stopping_since: float | None = None

    def run(self) -> None:
        """Keep the workers running until a signal ends them all.

        Raises:
            ConfigurationError: they cannot work; what they wrote says why.
        """
        has_given_up = False
        with self._told_of_signals():
            self._workers = [self._start() for _ in range(self._count)]
            while self._workers:
                wait([each.sentinel for each in self._workers], timeout=LOOK_SECONDS)
                ended = [each for each in self._workers if each.exitcode is not None]
                has_given_up |= any(each.exitcode == GIVEN_UP for each in ended)
                if has_given_up:
                    self._stop()
                self._replace(ended)
                self._kill_the_late()
        if has_given_up:
            raise ConfigurationError("The workers cannot work; what they wrote above says why.")

    def _replace(self, ended: list[SpawnProcess]) -> None:
        for worker in ended:
            self._workers.remove(worker)
            if self._stopping_since is None:
                message = "Worker %s ended with exit code %s, and is started again."
                logger.warning(message, worker.pid, worker.exitcode, extra={"action": "worker"})
                time.sleep(RESTART_SECONDS)
                self._workers.append(self._start())

    def _start(self) -> SpawnProcess:
        # A new interpreter: a fork would share locks and connections.
        worker = get_context("spawn").Process(target=self._work, args=self._arguments)
        worker.start()
        return worker

    def _stop(self) -> None:
        if self._stopping_since is None:
            self._stopping_since = time.monotonic()
            for worker in self._workers:
                worker.terminate()

    def _kill_the_late(self) -> None:
        since = self._stopping_since
        if since is not None and time.monotonic() - since > KILLED_AFTER_SECONDS:
            for worker in self._workers:
                worker.kill()

    @contextmanager
    def _told_of_signals(self) -> Iterator[None]:
        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {each: signal.signal(each, lambda *_: self._stop()) for each in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
