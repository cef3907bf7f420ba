"""Brings the runs on while the server runs."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

from local_workspace.jobs.phases import Phase
from local_workspace.jobs.processes import Processes
from local_workspace.jobs.progress import RunProgress
from local_workspace.jobs.records import Run
from local_workspace.jobs.store import JobStore, now
from local_workspace.jobs.workloads import Workloads

_LOG = logging.getLogger(__name__)


class Scheduler:
    """Sleeps until it is woken, and looks around while a task has a process."""

    def __init__(self, store: JobStore, *, processes: Processes, workloads: Workloads) -> None:
        self._store = store
        self._processes = processes
        self._workloads = workloads
        self._wake: asyncio.Event | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Bring runs on in the background; those that a former server left are adopted."""
        self._wake = asyncio.Event()
        loop = asyncio.create_task(self._loop(self._wake), name="jobs scheduler")
        try:
            yield
        finally:
            loop.cancel()
            with suppress(asyncio.CancelledError):
                await loop
            self._wake = None

    def wake(self) -> None:
        """Have the runs looked at now; called after each change, on the event loop."""
        if self._wake:
            self._wake.set()

    async def kill_all(self) -> None:
        """Cancel all runs, kill their processes at once and see that they are gone."""
        for run in [*self._store.runs_under_way(), *self._store.queued_runs()]:
            ending = run.ending or Phase.CANCELED
            self._store.save(replace(run, phase=Phase.TERMINATING, ending=ending))
            for task in self._store.task_runs(run):
                if task.phase.has_process and self._processes.is_alive(task.task_run_id):
                    # Written first: one that is found dead without it has been lost.
                    told = replace(task, phase=Phase.TERMINATING, ending=task.ending or ending)
                    self._store.save(replace(told, ending_since=task.ending_since or now()))
                    self._processes.signal(task.task_run_id, signal.SIGKILL)
        while True:
            look = self.step()
            if look is None:
                return
            await asyncio.sleep(max(0, look - now()) / 1000)

    def step(self) -> int | None:
        """Bring all runs on; return when to look again, None when nothing is under way."""
        self._processes.reap()
        looks = [self._advance(run) for run in self._store.runs_under_way()]
        if self._admit_queued():
            return now()
        return min((look for look in looks if look is not None), default=None)

    async def _loop(self, wake: asyncio.Event) -> None:
        while True:
            wake.clear()
            look = self.step()
            delay = None if look is None else max(0, look - now()) / 1000
            with suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), delay)

    def _advance(self, run: Run) -> int | None:
        progress = RunProgress(
            run, store=self._store, processes=self._processes, workloads=self._workloads
        )
        try:
            return progress.advance()
        # isolation point: a run that cannot be brought on must not hold up the others
        except Exception as error:  # noqa: BLE001
            _LOG.exception("Run cannot be brought on", extra={"action": "run_advance"})
            message = f"The local workspace cannot run this: {error!r}"
            broken = replace(run, phase=Phase.DRIVER_LOST, message=message, end_time=now())
            self._store.save(broken)
            return None

    def _admit_queued(self) -> bool:
        """Let queued runs start where there is room again; whether any may."""
        admitted = False
        for run in self._store.queued_runs():
            if not self._store.has_room(run):
                continue
            admitted = True
            tasks = [
                replace(task, phase=Phase.PENDING, message="")
                for task in self._store.task_runs(run)
                if task.phase is Phase.QUEUED
            ]
            pending = replace(run, phase=Phase.PENDING, message="", admitted_time=now())
            self._store.save(pending, *tasks)
        return admitted
