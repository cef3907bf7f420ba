"""Between rows of the database and the ledger's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakevisor.ledger.responses import ResponseRecord
from lakevisor.ledger.values import (
    Action,
    AuditEntry,
    AuditRecord,
    Lease,
    OperationRecord,
    Origin,
    OwnerKey,
    ProposalRecord,
)


def owner_parameters(owner: OwnerKey) -> dict[str, Any]:
    """Return the parameters that name an owner."""
    return {"workspace_id": owner.workspace_id, "owner": owner.owner}


def lease_parameters(lease: Lease) -> dict[str, Any]:
    """Return the parameters that name a lease, its thread, turn and owner."""
    return {
        **owner_parameters(lease.owner),
        "thread_key": lease.thread_key,
        "thread_id": lease.thread_id,
        "turn_id": lease.turn_id,
        "fence": lease.fence,
        "seconds": lease.seconds,
    }


def origin_parameters(origin: Origin) -> dict[str, Any]:
    """Return the parameters that say where in a conversation something comes from."""
    return dict(vars(origin))


def operation_of(row: Mapping[str, Any]) -> OperationRecord:
    """Return the record of a row of `operations`."""
    return OperationRecord(**_with_owner(row))


def response_of(row: Mapping[str, Any]) -> ResponseRecord:
    """Return the record of a row of `responses`."""
    return ResponseRecord(**_with_owner(row))


def proposal_of(row: Mapping[str, Any]) -> ProposalRecord:
    """Return the record of a row of `proposals`."""
    return ProposalRecord(**row)


def audit_of(row: Mapping[str, Any]) -> AuditRecord:
    """Return the record of a row of `audit`."""
    values = _with_owner(row)
    own = {name: values.pop(name) for name in ("number", "at", "thread_id")}
    action = Action(values.pop("action"))
    names = ("agent", "tool", "thread_key", "turn_id", "trace_id")
    origin = Origin(**{name: values.pop(name) for name in names})
    entry = AuditEntry(action=action, origin=origin, **values)
    return AuditRecord(**own, entry=entry)


def _with_owner(row: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(row)
    values["owner"] = OwnerKey(workspace_id=values.pop("workspace_id"), owner=values.pop("owner"))
    return values
