"""Sends traces beside the turns, and keeps no process from ending.

MLflow's own queue cannot be left: its `atexit` hook sends all that it holds, one after another, and
its threads are joined. A tracking server that is away would then hold a process for minutes that
has been told to end, until it is killed.
"""

from __future__ import annotations

import logging
import time
from importlib import import_module
from queue import Empty, Full, Queue
from threading import Condition, Thread
from typing import Any, Protocol

logger = logging.getLogger(__name__)

HELD_AT_MOST = 256
"""Tasks that wait; each holds a trace, or some of its spans. More are dropped."""
THREADS = 4
FLUSH_SECONDS = 5.0
QUIET_SECONDS = 30.0
"""How often it is said that traces are dropped."""


class Task(Protocol):
    """What MLflow's exporter wants done."""

    def handle(self) -> None:
        """Do it; what fails is logged."""
        ...


class ExportQueue:
    """Does MLflow's exports in daemon threads; takes the place of its `AsyncTraceExportQueue`."""

    def __init__(self) -> None:
        """Hold nothing, and start no thread yet."""
        self._tasks: Queue[Task] = Queue(HELD_AT_MOST)
        self._open = 0
        self._changed = Condition()
        self._threads: list[Thread] = []
        self._told_at = -QUIET_SECONDS

    def put(self, task: Task) -> None:
        """Have it done soon, or drop it where too much waits; never blocks."""
        with self._changed:
            try:
                self._start_threads()
                self._tasks.put_nowait(task)
            except (Full, RuntimeError):
                # No thread can be started any more while the interpreter ends.
                self._tell_dropped()
            else:
                self._open += 1

    def flush(self, terminate: bool = False) -> None:  # noqa: ARG002 - as MLflow calls it
        """Wait until all is done, at most `FLUSH_SECONDS`."""
        with self._changed:
            self._changed.wait_for(lambda: self._open == 0, FLUSH_SECONDS)

    def drop(self) -> int:
        """Forget what waits, and return how much was not done, with what is under way."""
        with self._changed:
            undone = self._open
            try:
                while True:
                    self._tasks.get_nowait()
                    self._open -= 1
            except Empty:
                return undone

    def _start_threads(self) -> None:
        while len(self._threads) < THREADS:
            thread = Thread(target=self._work, name="export traces", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _work(self) -> None:
        while True:
            task = self._tasks.get()
            try:
                task.handle()
            finally:
                with self._changed:
                    self._open -= 1
                    self._changed.notify_all()

    def _tell_dropped(self) -> None:
        if time.monotonic() - self._told_at >= QUIET_SECONDS:
            self._told_at = time.monotonic()
            logger.warning(
                "Traces are dropped: the tracking server takes them too slowly.",
                extra={"action": "traces_dropped"},
            )


def take_over_exports() -> ExportQueue:
    """Let every exporter that MLflow makes from now on use one queue of ours, and return it.

    MLflow has no setting for it: the exporters look the class up in their modules.
    """
    modules: list[Any] = [
        import_module(f"mlflow.tracing.export.{name}") for name in ("mlflow_v3", "inference_table")
    ]
    made = modules[0].AsyncTraceExportQueue
    if isinstance(made, _Always):
        return made.queue
    queue = ExportQueue()
    for module in modules:
        module.AsyncTraceExportQueue = _Always(queue)
    return queue


class _Always:
    """Stands where a class stood, and always returns the same."""

    def __init__(self, queue: ExportQueue) -> None:
        self.queue = queue

    def __call__(self) -> ExportQueue:
        return self.queue
