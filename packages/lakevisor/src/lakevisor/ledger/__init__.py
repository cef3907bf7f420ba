"""The record of work that goes on after a turn."""

from lakevisor.ledger.thread_operations import ThreadOperations

__all__ = ["ThreadOperations"]
