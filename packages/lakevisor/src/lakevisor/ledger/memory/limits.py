"""The limits of the ledger in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from lakevisor.errors import LimitReached
from lakevisor.ledger.memory.rows import Rows
from lakevisor.ledger.values import Intent, LaunchLimits, OperationRecord, OwnerKey

HOUR = timedelta(hours=1)


def reached_limit(
    rows: Rows, owner: OwnerKey, wanted: Intent | OperationRecord, limits: LaunchLimits
) -> LimitReached | None:
    """Return the first limit that one more launch would break."""
    if (allowed := limits.launches_per_hour) is not None:
        since = rows.ago(HOUR)
        mine = _of_owner(rows, owner, wanted)
        times = sorted(each.intended_at for each in mine if each.intended_at > since)
        if len(times) >= allowed:
            seconds = (times[-allowed] - since).total_seconds() if allowed else None
            return LimitReached("launches_per_hour", allowed=allowed, retry_after_seconds=seconds)
    return reached_running_limit(rows, owner, wanted, limits)


def reached_running_limit(
    rows: Rows, owner: OwnerKey, wanted: Intent | OperationRecord, limits: LaunchLimits
) -> LimitReached | None:
    """Return the first limit that would be broken if one more ran."""
    if _is_full(limits.running_per_owner, _of_owner(rows, owner, wanted)):
        return LimitReached("running_per_owner", allowed=limits.running_per_owner or 0)
    if wanted.job and _is_full(limits.running_per_job, _of_job(rows, owner, wanted)):
        return LimitReached("running_per_job", allowed=limits.running_per_job or 0)
    return None


def _is_full(allowed: int | None, counted: Iterable[OperationRecord]) -> bool:
    """Tell whether as many may still be running as are allowed."""
    return allowed is not None and sum(each.is_open for each in counted) >= allowed


def _of_owner(
    rows: Rows, owner: OwnerKey, wanted: Intent | OperationRecord
) -> Iterator[OperationRecord]:
    """Yield what counts for the owner: all of the kind that was not refused for certain."""
    return (
        each
        for each in rows.operations.values()
        if each.owner == owner and each.kind == wanted.kind and each.abandoned_at is None
    )


def _of_job(
    rows: Rows, owner: OwnerKey, wanted: Intent | OperationRecord
) -> Iterator[OperationRecord]:
    """Yield what counts for the job in the owner's workspace, whoever started it."""
    job = (owner.workspace_id, wanted.kind, wanted.job)
    return (
        each
        for each in rows.operations.values()
        if (each.owner.workspace_id, each.kind, each.job) == job
    )
