"""The record of turns and of work that goes on after them."""

from lakevisor.ledger.port import AuditTrail, Ledger, OperationStore, Turns
from lakevisor.ledger.proposals import Proposals
from lakevisor.ledger.responses import ResponseRecord, Responses, ResponseStart, Written
from lakevisor.ledger.turn_operations import CallOperations, MakeRoom, TurnOperations
from lakevisor.ledger.turn_rate_limits import TurnRateLimits
from lakevisor.ledger.values import (
    Counted,
    LaunchLimits,
    Lease,
    OwnerKey,
    StoredAnswer,
    TurnStart,
)

__all__ = [
    "AuditTrail",
    "CallOperations",
    "Counted",
    "LaunchLimits",
    "Lease",
    "Ledger",
    "MakeRoom",
    "OperationStore",
    "OwnerKey",
    "Proposals",
    "ResponseRecord",
    "ResponseStart",
    "Responses",
    "StoredAnswer",
    "TurnOperations",
    "TurnRateLimits",
    "TurnStart",
    "Turns",
    "Written",
]
