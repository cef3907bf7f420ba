"""The closed set of phases a run or a task run can be in, and how the API words each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Phase(StrEnum):
    """Where a run or one of its task runs stands."""

    QUEUED = "QUEUED"
    BLOCKED = "BLOCKED"
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    WAITING_FOR_RETRY = "WAITING_FOR_RETRY"
    TERMINATING = "TERMINATING"
    SUCCEEDED = "SUCCEEDED"
    SUCCEEDED_WITH_FAILURES = "SUCCEEDED_WITH_FAILURES"
    FAILED = "FAILED"
    TIMED_OUT = "TIMED_OUT"
    CANCELED = "CANCELED"
    OVER_LIMIT = "OVER_LIMIT"
    UPSTREAM_FAILED = "UPSTREAM_FAILED"
    UPSTREAM_CANCELED = "UPSTREAM_CANCELED"
    EXCLUDED = "EXCLUDED"
    RESOURCE_MISSING = "RESOURCE_MISSING"
    DRIVER_LOST = "DRIVER_LOST"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows this phase."""
        return self not in _UNFINISHED

    @property
    def has_process(self) -> bool:
        """Whether a task run in this phase has a process."""
        return self in (Phase.RUNNING, Phase.TERMINATING)

    @property
    def is_failure(self) -> bool:
        """Whether tasks that depend on it, and the run, take it for a failure."""
        return self in _FAILURES

    @property
    def is_cancellation(self) -> bool:
        """Whether it was stopped, or what it depends on was."""
        return self in (Phase.CANCELED, Phase.UPSTREAM_CANCELED)

    @property
    def result_state(self) -> str | None:
        """The API's `result_state`, which only a final phase has."""
        return _WORDS[self].result


_UNFINISHED = frozenset(
    {
        Phase.QUEUED,
        Phase.BLOCKED,
        Phase.PENDING,
        Phase.RUNNING,
        Phase.WAITING_FOR_RETRY,
        Phase.TERMINATING,
    }
)
_FAILURES = frozenset(
    {
        Phase.FAILED,
        Phase.TIMED_OUT,
        Phase.UPSTREAM_FAILED,
        Phase.RESOURCE_MISSING,
        Phase.DRIVER_LOST,
    }
)


@dataclass(frozen=True)
class _Words:
    """How the two generations of the API word one phase; positional, to be read as a table."""

    life_cycle: str
    """`state.life_cycle_state`."""
    state: str
    """`status.state`."""
    result: str | None = None
    """`state.result_state`."""
    code: str | None = None
    """`status.termination_details.code`."""
    type: str | None = None
    """`status.termination_details.type`."""


_WORDS = {
    Phase.QUEUED: _Words("QUEUED", "QUEUED"),
    Phase.BLOCKED: _Words("BLOCKED", "BLOCKED"),
    Phase.PENDING: _Words("PENDING", "PENDING"),
    Phase.RUNNING: _Words("RUNNING", "RUNNING"),
    Phase.WAITING_FOR_RETRY: _Words("WAITING_FOR_RETRY", "WAITING"),
    Phase.TERMINATING: _Words("TERMINATING", "TERMINATING"),
    Phase.SUCCEEDED: _Words("TERMINATED", "TERMINATED", "SUCCESS", "SUCCESS", "SUCCESS"),
    Phase.SUCCEEDED_WITH_FAILURES: _Words(
        "TERMINATED", "TERMINATED", "SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES", "SUCCESS"
    ),
    Phase.FAILED: _Words(
        "TERMINATED", "TERMINATED", "FAILED", "RUN_EXECUTION_ERROR", "CLIENT_ERROR"
    ),
    Phase.TIMED_OUT: _Words("TERMINATED", "TERMINATED", "TIMEDOUT", "CANCELED", "CLIENT_ERROR"),
    Phase.CANCELED: _Words("TERMINATED", "TERMINATED", "CANCELED", "USER_CANCELED", "SUCCESS"),
    Phase.OVER_LIMIT: _Words(
        "SKIPPED",
        "TERMINATED",
        "MAXIMUM_CONCURRENT_RUNS_REACHED",
        "MAX_CONCURRENT_RUNS_EXCEEDED",
        "CLIENT_ERROR",
    ),
    Phase.UPSTREAM_FAILED: _Words(
        "SKIPPED", "TERMINATED", "UPSTREAM_FAILED", "SKIPPED", "CLIENT_ERROR"
    ),
    Phase.UPSTREAM_CANCELED: _Words(
        "SKIPPED", "TERMINATED", "UPSTREAM_CANCELED", "SKIPPED", "CLIENT_ERROR"
    ),
    Phase.EXCLUDED: _Words("SKIPPED", "TERMINATED", "EXCLUDED", "SKIPPED", "SUCCESS"),
    Phase.RESOURCE_MISSING: _Words(
        "INTERNAL_ERROR", "TERMINATED", "FAILED", "RESOURCE_NOT_FOUND", "CLIENT_ERROR"
    ),
    Phase.DRIVER_LOST: _Words(
        "INTERNAL_ERROR", "TERMINATED", "FAILED", "DRIVER_ERROR", "CLOUD_FAILURE"
    ),
}


def describe(phase: Phase, *, message: str, is_run: bool) -> dict[str, Any]:
    """Return `state` and `status` of a run or task run: two wordings of one phase.

    Args:
        phase: where it stands.
        message: what happened; of a queued run, what it waits for.
        is_run: a job's run words its failure as INTERNAL_ERROR where its task says TERMINATED.
    """
    words = _WORDS[phase]
    internal = is_run and phase is Phase.FAILED
    state: dict[str, Any] = {"life_cycle_state": "INTERNAL_ERROR" if internal else words.life_cycle}
    status: dict[str, Any] = {"state": words.state}
    if words.result:
        state["result_state"] = words.result
        status["termination_details"] = {
            "code": words.code,
            "type": words.type,
            "message": message,
        }
    state["state_message"] = "" if phase is Phase.QUEUED else message
    state["user_cancelled_or_timedout"] = phase in (Phase.CANCELED, Phase.TIMED_OUT)
    if phase is Phase.QUEUED:
        state["queue_reason"] = message
        status["queue_details"] = {"code": "MAX_CONCURRENT_RUNS_REACHED", "message": message}
    return {"state": state, "status": status}
