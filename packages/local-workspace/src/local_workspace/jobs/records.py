"""What the workspace keeps about jobs: definitions, runs, task runs, repairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local_workspace.jobs.phases import Phase


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job's definition."""

    job_id: int
    """15 digits, as a real workspace gives them."""
    creator: str
    """The user name of its owner, as whom it also runs."""
    created_time: int
    """Milliseconds since 1970."""
    settings: Mapping[str, Any]
    """The definition as the API gives it back."""
    access: Sequence[Mapping[str, str]]
    """Who may do what: `{"group_name" or "user_name" or ...: ..., "permission_level": ...}`."""
    one_time: bool = False
    """Whether `runs/submit` made it: it then cannot be found as a job."""
    deleted: bool = False
    """Whether it was deleted; its runs stay."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of a job."""

    run_id: int
    """15 digits."""
    job_id: int
    """The job it runs."""
    run_type: str
    """JOB_RUN or SUBMIT_RUN."""
    creator: str
    """The user name of who asked for it."""
    token: str | None
    """The idempotency token of the request."""
    settings: Mapping[str, Any]
    """The job's settings when it was asked for."""
    parameters: Mapping[str, str]
    """The request's `job_parameters`."""
    overriding: Mapping[str, Any]
    """The request's `notebook_params`, `python_params`, ..."""
    phase: Phase
    """Where it stands."""
    message: str = ""
    """What happened, or what it waits for."""
    start_time: int
    """When it was asked for, in milliseconds since 1970."""
    admitted_time: int | None = None
    """When it left the queue, or at once."""
    end_time: int | None = None
    """When its last task was over."""
    was_queued: bool = False
    """Whether it had to wait."""
    ending: Phase | None = None
    """The phase that it will have, when it is being stopped."""
    leg: int = 0
    """0 for the original run, 1 for its first repair, ..."""
    deleted: bool = False
    """Whether it was deleted; its token stays taken."""

    def task_specs(self) -> Sequence[Mapping[str, Any]]:
        """Return the tasks of its settings."""
        specs: Sequence[Mapping[str, Any]] = self.settings.get("tasks", [])
        return specs

    def job_parameters(self) -> dict[str, str]:
        """Return the parameters with their values; unknown ones are passed on too."""
        defaults = {item["name"]: item["default"] for item in self.settings.get("parameters", [])}
        return defaults | dict(self.parameters)

    @property
    def limit(self) -> int:
        """How many runs of its job may be under way at once."""
        return int(self.settings.get("max_concurrent_runs", 1))


@dataclass(frozen=True, kw_only=True)
class TaskRun:
    """One attempt at one task of a run."""

    task_run_id: int
    """15 digits; its folder under the runs has this name."""
    run_id: int
    """The job's run."""
    task_key: str
    """The task's name in the settings."""
    leg: int = 0
    """The repair it belongs to; 0 for the original run."""
    attempt: int = 0
    """Counts all attempts at this task in this run."""
    retries: int = 0
    """Counts the attempts within this leg."""
    phase: Phase
    """Where it stands."""
    message: str = ""
    """What happened."""
    spec: Mapping[str, Any]
    """The task of the settings."""
    start_time: int | None = None
    """When it became possible to start it."""
    end_time: int | None = None
    """When its process was over."""
    setup_duration: int = 0
    """Milliseconds in which libraries were installed."""
    retry_at: int | None = None
    """When a retry may start."""
    ending: Phase | None = None
    """The phase that it will have, when it is being stopped."""
    ending_since: int | None = None
    """When its process was told to end."""
    task_values: Mapping[str, Any] = field(default_factory=dict)
    """What it left for other tasks."""
    outcome: str | None = None
    """`true` or `false` of a condition."""


@dataclass(frozen=True, kw_only=True)
class Leg:
    """The original run or one repair of it."""

    run_id: int
    """The job's run."""
    leg: int
    """0 for the original run."""
    repair_id: int | None
    """None for the original run."""
    start_time: int
    """Milliseconds since 1970."""
    end_time: int | None = None
    """When its last task was over."""
    phase: Phase
    """Where it stands."""
    message: str = ""
    """What happened."""
