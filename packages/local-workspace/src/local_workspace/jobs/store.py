"""Keeps jobs and runs in the workspace's SQLite file."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from importlib import resources
from typing import Any, TypeVar

from local_workspace.database import Database
from local_workspace.jobs.phases import Phase
from local_workspace.jobs.records import Job, Leg, Run, TaskRun

_Record = TypeVar("_Record", Job, Run, TaskRun, Leg)
_JSON = {"settings", "access", "parameters", "overriding", "spec", "task_values"}
_PHASES = {"phase", "ending"}
_FLAGS = {"one_time", "deleted", "was_queued"}


def now() -> int:
    """Return the time in milliseconds since 1970, as the API counts it."""
    return time.time_ns() // 1_000_000


def new_id() -> int:
    """Return an identifier of 15 digits, as a real workspace gives to jobs and runs."""
    return 10**14 + secrets.randbelow(9 * 10**14)


class JobStore:
    """Reads and writes records; each call is one short statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = _named_queries()
        database.create(_text("schema.sql"))

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """Hold the write lock for several calls that belong together."""
        return self._database.transaction()

    def save(self, *records: Job | Run | TaskRun | Leg) -> None:
        """Make these records, or write them anew."""
        for record in records:
            query = self._queries[_SAVE[type(record)]]
            self._database.rows(query, _values(record))

    def job(self, job_id: int) -> Job | None:
        """Return a job, also a deleted one."""
        return self._one(Job, "job", job_id)

    def listed_jobs(self) -> list[Job]:
        """Return the jobs that can be listed, newest first."""
        return self._all(Job, "listed_jobs")

    def run(self, run_id: int) -> Run | None:
        """Return a job's run, also a deleted one."""
        return self._one(Run, "run", run_id)

    def run_of_token(self, token: str) -> Run | None:
        """Return the run that this idempotency token started, also a deleted one."""
        return self._one(Run, "run_of_token", token)

    def listed_runs(self, job_id: int | None) -> list[Run]:
        """Return the runs of a job, or of all jobs, newest first."""
        return self._all(Run, "listed_runs", job_id)

    def runs_under_way(self) -> list[Run]:
        """Return the runs that the scheduler has to bring on, oldest first."""
        return self._all(Run, "runs_under_way")

    def queued_runs(self) -> list[Run]:
        """Return the runs that wait for their turn, the longest waiting first."""
        return self._all(Run, "queued_runs")

    def has_room(self, run: Run) -> bool:
        """Whether the run's job may have one more run under way."""
        rows = self._database.rows(self._queries["runs_that_count"], (run.job_id,))
        return int(rows[0]["number"]) < run.limit

    def task_run(self, task_run_id: int) -> TaskRun | None:
        """Return one attempt at a task."""
        return self._one(TaskRun, "task_run", task_run_id)

    def task_runs(self, run: Run) -> list[TaskRun]:
        """Return all attempts at all tasks, in the order of the settings, then by age."""
        place = {spec["task_key"]: place for place, spec in enumerate(run.task_specs())}
        tasks = self._all(TaskRun, "task_runs", run.run_id)
        return sorted(tasks, key=lambda task: (place.get(task.task_key, -1), task.attempt))

    def latest_task_runs(self, run: Run) -> dict[str, TaskRun]:
        """Return the last attempt at each task, in the order of the settings."""
        keys = {spec["task_key"] for spec in run.task_specs()}
        return {task.task_key: task for task in self.task_runs(run) if task.task_key in keys}

    def legs(self, run_id: int) -> list[Leg]:
        """Return the original run and its repairs, in order."""
        return self._all(Leg, "legs", run_id)

    def _one(self, kind: type[_Record], query: str, *values: Any) -> _Record | None:
        found = self._all(kind, query, *values)
        return found[0] if found else None

    def _all(self, kind: type[_Record], query: str, *values: Any) -> list[_Record]:
        return [_record(kind, row) for row in self._database.rows(self._queries[query], values)]


_SAVE = {Job: "save_job", Run: "save_run", TaskRun: "save_task_run", Leg: "save_leg"}


def _record(kind: type[_Record], row: sqlite3.Row) -> _Record:
    facts: dict[str, Any] = {}
    for column in fields(kind):
        value = row[column.name]
        if column.name in _JSON:
            value = json.loads(value)
        elif column.name in _PHASES:
            value = value and Phase(value)
        elif column.name in _FLAGS:
            value = bool(value)
        facts[column.name] = value
    return kind(**facts)


def _values(record: Job | Run | TaskRun | Leg) -> Sequence[Any]:
    facts = {column.name: getattr(record, column.name) for column in fields(record)}
    return [json.dumps(fact) if name in _JSON else fact for name, fact in facts.items()]


def _named_queries() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", _text("queries.sql"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _text(name: str) -> str:
    return resources.files("local_workspace.jobs").joinpath(name).read_text(encoding="utf-8")
