"""What a limit on running work counts, and which of the caller's own operations stand under it."""

from __future__ import annotations

from lakevisor.ledger.port import OperationStore
from lakevisor.ledger.values import Counted, Intent, OperationRecord, OwnerKey

NAMED = 5
"""How many operations are named in a refusal."""


def counted_by(limit: str, wanted: Intent | OperationRecord, owner: OwnerKey) -> Counted | None:
    """Return what a limit counts, where looking can make room under it."""
    workspace_id, kind = owner.workspace_id, wanted.kind
    if limit == "running_per_owner":
        return Counted(workspace_id=workspace_id, kind=kind, owner=owner.owner)
    if limit == "running_per_job":
        return Counted(workspace_id=workspace_id, kind=kind, job=wanted.job)
    return None


async def own_runs(
    store: OperationStore, owner: OwnerKey, *, limit: str, wanted: Intent | OperationRecord
) -> str:
    """Return a sentence that names the caller's own operations under a limit, or nothing.

    Those of others are nobody else's business, and of a launch whose answer was lost no id is
    known.
    """
    counted = counted_by(limit, wanted, owner)
    if counted is None:
        return ""
    records = await store.list(owner, kind=counted.kind, only_open=True)
    named = [
        f'{each.run_id} ("{each.title}")'
        for each in records
        if each.run_id is not None and counted.job in (None, each.job)
    ]
    more = len(named) - NAMED
    last = [f"{more} more"] if more > 0 else []
    return f" Yours: {', '.join(named[:NAMED] + last)}." if named else ""
