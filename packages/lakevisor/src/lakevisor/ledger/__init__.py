"""The record of turns and of work that goes on after them."""

from lakevisor.ledger.port import Ledger, OperationStore, Proposals, Turns
from lakevisor.ledger.turn_operations import CallOperations, TurnOperations
from lakevisor.ledger.values import LaunchLimits, Lease, OwnerKey, StoredAnswer, TurnStart

__all__ = [
    "CallOperations",
    "LaunchLimits",
    "Lease",
    "Ledger",
    "OperationStore",
    "OwnerKey",
    "Proposals",
    "StoredAnswer",
    "TurnOperations",
    "TurnStart",
    "Turns",
]
