"""The states of a run: one closed set, read from what Databricks says in two generations of fields.

`status` is today's field, `state` the one before it. What neither of them says clearly is
`UNKNOWN`, and that is never an end. The tables are keyed by the API's words, not by the SDK's
enums, so that importing this module does not import the SDK.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from databricks.sdk.service.jobs import Run, RunStatus, RunTask
    from databricks.sdk.service.jobs import RunState as OldRunState


class RunState(StrEnum):
    """How a run, or a task of it, is doing."""

    QUEUED = "queued"
    BLOCKED = "blocked"
    WAITING = "waiting"
    PENDING = "pending"
    RUNNING = "running"
    CANCEL_REQUESTED = "cancel_requested"
    """We asked for its end, and it was not seen yet."""
    REPAIR_REQUESTED = "repair_requested"
    """We asked that what failed in it runs again, and no answer was seen yet."""
    TERMINATING = "terminating"
    UNKNOWN = "unknown"
    """Databricks said something that is not known here; not an end."""

    SUCCEEDED = "succeeded"
    SUCCEEDED_WITH_FAILURES = "succeeded_with_failures"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    UPSTREAM_FAILED = "upstream_failed"
    UPSTREAM_CANCELLED = "upstream_cancelled"
    EXCLUDED = "excluded"
    DISABLED = "disabled"
    ENDED = "ended"
    """It is over, and Databricks did not say how in words that are known here."""
    VANISHED = "vanished"
    """The workspace has no such run any more."""

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to the run."""
        return self in _FINAL

    @property
    def is_success(self) -> bool:
        """Whether the work was done."""
        return self in {RunState.SUCCEEDED, RunState.SUCCEEDED_WITH_FAILURES}

    @property
    def is_failure(self) -> bool:
        """Whether the run itself went wrong, rather than something before it."""
        return self in {RunState.FAILED, RunState.TIMED_OUT}


_FINAL = frozenset(
    {
        RunState.SUCCEEDED,
        RunState.SUCCEEDED_WITH_FAILURES,
        RunState.FAILED,
        RunState.TIMED_OUT,
        RunState.CANCELLED,
        RunState.SKIPPED,
        RunState.UPSTREAM_FAILED,
        RunState.UPSTREAM_CANCELLED,
        RunState.EXCLUDED,
        RunState.DISABLED,
        RunState.ENDED,
        RunState.VANISHED,
    }
)

_ACTIVE = {
    "BLOCKED": RunState.BLOCKED,
    "PENDING": RunState.PENDING,
    "QUEUED": RunState.QUEUED,
    "RUNNING": RunState.RUNNING,
    "TERMINATING": RunState.TERMINATING,
    "WAITING": RunState.WAITING,
    "WAITING_FOR_RETRY": RunState.WAITING,
}
"""`status.state` and the older `state.life_cycle_state`, as long as a run is not over."""

_FAILED_CODES = (
    "BREAKING_CHANGE",
    "BUDGET_POLICY_LIMIT_EXCEEDED",
    "CLOUD_FAILURE",
    "CLUSTER_ERROR",
    "CLUSTER_REQUEST_LIMIT_EXCEEDED",
    "DRIVER_ERROR",
    "FEATURE_DISABLED",
    "INTERNAL_ERROR",
    "INVALID_CLUSTER_REQUEST",
    "INVALID_RUN_CONFIGURATION",
    "LIBRARY_INSTALLATION_ERROR",
    "MAX_SPARK_CONTEXTS_EXCEEDED",
    "REPOSITORY_CHECKOUT_FAILED",
    "RESOURCE_NOT_FOUND",
    "RUN_EXECUTION_ERROR",
    "STORAGE_ACCESS_ERROR",
    "UNAUTHORIZED_ERROR",
    "WORKSPACE_RUN_LIMIT_EXCEEDED",
)

_CODES = {
    **dict.fromkeys(_FAILED_CODES, RunState.FAILED),
    "SUCCESS": RunState.SUCCEEDED,
    "SUCCESS_WITH_FAILURES": RunState.SUCCEEDED_WITH_FAILURES,
    "CANCELED": RunState.CANCELLED,
    "USER_CANCELED": RunState.CANCELLED,
    "SKIPPED": RunState.SKIPPED,
    "MAX_CONCURRENT_RUNS_EXCEEDED": RunState.SKIPPED,
    "MAX_JOB_QUEUE_SIZE_EXCEEDED": RunState.SKIPPED,
    "DISABLED": RunState.DISABLED,
}
"""`status.termination_details.code` of a run that is over."""

_RESULTS = {
    "SUCCESS": RunState.SUCCEEDED,
    "SUCCESS_WITH_FAILURES": RunState.SUCCEEDED_WITH_FAILURES,
    "FAILED": RunState.FAILED,
    "TIMEDOUT": RunState.TIMED_OUT,
    "CANCELED": RunState.CANCELLED,
    "MAXIMUM_CONCURRENT_RUNS_REACHED": RunState.SKIPPED,
    "UPSTREAM_FAILED": RunState.UPSTREAM_FAILED,
    "UPSTREAM_CANCELED": RunState.UPSTREAM_CANCELLED,
    "EXCLUDED": RunState.EXCLUDED,
    "DISABLED": RunState.DISABLED,
}
"""The older `state.result_state` of a run that is over."""

_TOLD_APART_BY_RESULT = {
    RunState.CANCELLED: {RunState.TIMED_OUT, RunState.UPSTREAM_CANCELLED},
    RunState.SKIPPED: {
        RunState.UPSTREAM_FAILED,
        RunState.UPSTREAM_CANCELLED,
        RunState.EXCLUDED,
        RunState.DISABLED,
    },
}
"""Where today's codes say less than the older results: a run over its time limit is CANCELED."""


def state_of(item: Run | RunTask) -> RunState:
    """Return the state of a run or of a task's run, as far as Databricks says it."""
    if item.status is not None:
        return _from_status(item.status, item.state)
    if item.state is not None:
        return _from_old_state(item.state)
    return RunState.UNKNOWN


def _from_status(status: RunStatus, old: OldRunState | None) -> RunState:
    # The SDK parses a value that it does not know to None.
    if status.state is None:
        return RunState.UNKNOWN
    if status.state.value != "TERMINATED":
        return _ACTIVE.get(status.state.value, RunState.UNKNOWN)
    details = status.termination_details
    result = _result(old)
    if details is None or details.code is None:
        return result
    state = _CODES.get(details.code.value, RunState.ENDED)
    return result if result in _TOLD_APART_BY_RESULT.get(state, ()) else state


def _from_old_state(old: OldRunState) -> RunState:
    if old.life_cycle_state is None:
        return RunState.UNKNOWN
    result = _result(old)
    match old.life_cycle_state.value:
        case "TERMINATED":
            return result
        case "SKIPPED":
            told_apart = result in _TOLD_APART_BY_RESULT[RunState.SKIPPED]
            return result if told_apart else RunState.SKIPPED
        case "INTERNAL_ERROR":
            return RunState.TIMED_OUT if result is RunState.TIMED_OUT else RunState.FAILED
        case word:
            return _ACTIVE.get(word, RunState.UNKNOWN)


def _result(old: OldRunState | None) -> RunState:
    if old is None or old.result_state is None:
        return RunState.ENDED
    return _RESULTS.get(old.result_state.value, RunState.ENDED)
