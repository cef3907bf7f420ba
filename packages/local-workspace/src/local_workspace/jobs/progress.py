"""Brings one run on: looks at its processes, starts what may start, ends what must end."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_workspace.jobs.conditions import evaluate
from local_workspace.jobs.dependencies import leaf_keys, next_phase
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.processes import Outcome, Processes
from local_workspace.jobs.records import Run, TaskRun
from local_workspace.jobs.references import known_references, resolve
from local_workspace.jobs.store import JobStore, new_id, now
from local_workspace.jobs.workloads import ResourceMissing, Workloads

POLL_MILLIS = 100
"""How often a process that lives is looked at."""
GRACE_MILLIS = 2_000
"""How long a process has to end by itself after SIGTERM."""

FAILED_MESSAGE = "Workload failed, see run output for details"
CANCELED_MESSAGE = "Run cancelled."
LOST_MESSAGE = "Could not reach driver of cluster: its process ended without an answer."


class RunProgress:
    """One look at one run.

    What it finds and does is written at once, so that a server that dies in the middle of a look
    is followed by one that goes on from there.
    """

    def __init__(
        self, run: Run, *, store: JobStore, processes: Processes, workloads: Workloads
    ) -> None:
        self._run = run
        self._store = store
        self._processes = processes
        self._workloads = workloads
        self._tasks = store.latest_task_runs(run)

    def advance(self) -> int | None:
        """Bring the run as far as it goes now; return when to look again, None if it is over."""
        self._expire_run()
        for key in list(self._tasks):
            if self._tasks[key].phase.has_process:
                self._watch(self._tasks[key])
        if self._run.ending:
            self._stop_all(self._run.ending)
        else:
            self._start_what_may()
        return self._conclude()

    def _expire_run(self) -> None:
        seconds = self._run.settings.get("timeout_seconds", 0)
        began = self._run.admitted_time or self._run.start_time
        if seconds and not self._run.ending and now() >= began + seconds * 1000:
            self._save_run(ending=Phase.TIMED_OUT, phase=Phase.TERMINATING)

    def _watch(self, task: TaskRun) -> None:
        """See whether a task's process is over, and stop it when its time is up."""
        alive = self._processes.is_alive(task.task_run_id)
        # read after the look at the process: it writes first and ends then
        outcome = self._processes.outcome(task.task_run_id)
        if task.ending:
            self._watch_ending(task, alive=alive, outcome=outcome)
        elif outcome:
            self._finish_with(task, outcome)
        elif not alive:
            self._finish(task, Phase.DRIVER_LOST, message=LOST_MESSAGE)
        elif _is_overdue(task):
            self._stop(task, Phase.TIMED_OUT)

    def _watch_ending(self, task: TaskRun, *, alive: bool, outcome: Outcome | None) -> None:
        """Wait for a process that was told to end, and for all that it started."""
        assert task.ending
        assert task.ending_since
        patience = now() < task.ending_since + GRACE_MILLIS
        if patience and (alive or self._processes.has_group(task.task_run_id)):
            return
        self._processes.signal(task.task_run_id, signal.SIGKILL)
        if self._processes.is_alive(task.task_run_id):
            return
        if outcome and outcome.end_time <= task.ending_since:
            self._finish_with(task, outcome)
        else:
            self._finish(task, task.ending, message=_ending_message(task.ending, task.spec))

    def _finish_with(self, task: TaskRun, outcome: Outcome) -> None:
        phase = Phase.FAILED if outcome.error else Phase.SUCCEEDED
        task = replace(task, setup_duration=outcome.setup_duration, task_values=outcome.task_values)
        message = FAILED_MESSAGE if outcome.error else ""
        self._finish(task, phase, message=message, end_time=outcome.end_time)

    def _finish(
        self, task: TaskRun, phase: Phase, *, message: str = "", end_time: int | None = None
    ) -> None:
        task = replace(task, phase=phase, message=message, end_time=end_time or now())
        self._put(task)
        if not self._run.ending and _is_to_be_retried(task):
            delay = task.spec.get("min_retry_interval_millis", 0)
            self._put(
                TaskRun(
                    task_run_id=new_id(),
                    run_id=task.run_id,
                    task_key=task.task_key,
                    leg=task.leg,
                    attempt=task.attempt + 1,
                    retries=task.retries + 1,
                    phase=Phase.WAITING_FOR_RETRY,
                    spec=task.spec,
                    start_time=now(),
                    retry_at=now() + delay,
                )
            )

    def _stop_all(self, ending: Phase) -> None:
        for task in list(self._tasks.values()):
            if task.phase.is_final or task.ending:
                continue
            if task.phase.has_process:
                self._stop(task, ending)
            else:
                self._finish(task, ending, message=_ending_message(ending, self._run.settings))

    def _stop(self, task: TaskRun, ending: Phase) -> None:
        self._put(replace(task, phase=Phase.TERMINATING, ending=ending, ending_since=now()))
        self._processes.signal(task.task_run_id, signal.SIGTERM)

    def _start_what_may(self) -> None:
        """Unblock and start tasks until nothing changes: a condition may unblock others."""
        before: Mapping[str, TaskRun] = {}
        while before != self._tasks:
            before = dict(self._tasks)
            for task in before.values():
                if task.phase is Phase.BLOCKED:
                    self._unblock(task)
                elif task.phase is Phase.WAITING_FOR_RETRY and now() >= (task.retry_at or 0):
                    self._put(replace(task, phase=Phase.PENDING))
                elif task.phase is Phase.PENDING:
                    self._start(task)

    def _unblock(self, task: TaskRun) -> None:
        phase = next_phase(task.spec, self._tasks)
        if phase is Phase.PENDING:
            self._put(replace(task, phase=phase, start_time=now()))
        elif phase:
            self._finish(replace(task, start_time=now()), phase)

    def _start(self, task: TaskRun) -> None:
        task = replace(task, start_time=task.start_time or now())
        if "condition_task" in task.spec:
            self._decide(task)
            return
        try:
            instructions = self._workloads.instructions(self._run, task, self._tasks)
        except ResourceMissing as missing:
            self._finish(task, Phase.RESOURCE_MISSING, message=str(missing))
            return
        self._processes.start(task.task_run_id, instructions)
        self._put(replace(task, phase=Phase.RUNNING))
        if self._run.phase is Phase.PENDING:
            self._save_run(phase=Phase.RUNNING)

    def _decide(self, task: TaskRun) -> None:
        known = known_references(self._run, task, self._tasks.values())
        condition = resolve(task.spec["condition_task"], known)
        try:
            outcome = str(evaluate(condition)).lower()
        except ValueError as error:
            self._finish(task, Phase.FAILED, message=f"The condition cannot be evaluated: {error}")
        else:
            self._finish(replace(task, outcome=outcome), Phase.SUCCEEDED)

    def _conclude(self) -> int | None:
        tasks = self._tasks.values()
        if all(task.phase.is_final for task in tasks):
            phase, message = _conclusion(self._run, self._tasks)
            self._save_run(phase=phase, message=message, ending=None, end_time=now())
            return None
        if any(task.phase.has_process for task in tasks):
            return now() + POLL_MILLIS
        waiting = [task for task in tasks if task.phase is Phase.WAITING_FOR_RETRY]
        return min(task.retry_at or now() for task in waiting)

    def _put(self, task: TaskRun) -> None:
        self._tasks[task.task_key] = task
        self._store.save(task)

    def _save_run(self, **changes: Any) -> None:
        self._run = replace(self._run, **changes)
        leg = replace(
            self._store.legs(self._run.run_id)[-1],
            phase=self._run.phase,
            message=self._run.message,
            end_time=self._run.end_time,
        )
        self._store.save(self._run, leg)


def _is_overdue(task: TaskRun) -> bool:
    seconds = task.spec.get("timeout_seconds", 0)
    return bool(seconds) and now() >= (task.start_time or 0) + seconds * 1000


def _is_to_be_retried(task: TaskRun) -> bool:
    limit = task.spec.get("max_retries", 0)
    if task.phase is Phase.TIMED_OUT and not task.spec.get("retry_on_timeout", False):
        return False
    failed = task.phase in (Phase.FAILED, Phase.TIMED_OUT, Phase.DRIVER_LOST)
    return failed and (limit == -1 or task.retries < limit)


def _ending_message(ending: Phase, limits: Mapping[str, Any]) -> str:
    if ending is Phase.TIMED_OUT:
        return f"Run exceeded its timeout of {limits.get('timeout_seconds', 0)} seconds."
    return CANCELED_MESSAGE


def _conclusion(run: Run, tasks: Mapping[str, TaskRun]) -> tuple[Phase, str]:
    """Return how a run ended whose tasks are all over: its leaf tasks decide."""
    stopped = [task for task in tasks.values() if task.phase is run.ending]
    if run.ending and stopped:
        return run.ending, _ending_message(run.ending, run.settings)
    leaves = [tasks[key].phase for key in leaf_keys(run.task_specs()) if key in tasks]
    failed = [task for task in tasks.values() if task.phase.is_failure]
    if any(phase.is_failure or phase.is_cancellation for phase in leaves):
        if not failed:
            return Phase.CANCELED, CANCELED_MESSAGE
        return Phase.FAILED, _failure_message(failed)
    if leaves and all(phase is Phase.EXCLUDED for phase in leaves):
        return Phase.EXCLUDED, ""
    return (Phase.SUCCEEDED_WITH_FAILURES if failed else Phase.SUCCEEDED), ""


def _failure_message(failed: list[TaskRun]) -> str:
    causes = [task for task in failed if task.phase is not Phase.UPSTREAM_FAILED]
    sentences = [
        f"Task {task.task_key} failed with message: {task.message.rstrip('.')}." for task in causes
    ]
    if len(causes) < len(failed):
        sentences.append("This caused all downstream tasks to get skipped.")
    return " ".join(sentences)
