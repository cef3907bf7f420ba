"""The fencing number, checked inside somebody else's transaction: the checkpoint's."""

from __future__ import annotations

from psycopg import Error

from lakevisor.ledger.statements import load_statements

LEASE_LOST = "LV001"
"""The SQLSTATE with which `require_fence` ends a transaction."""


def fence_holds(schema: str) -> bytes:
    """Return a query that gives one row while the lease holds, and none when it is lost.

    Its parameters are `thread_key` and `fence`. Nobody can take the thread over before the
    transaction in which it runs has ended.
    """
    return load_statements(schema)["fence_holds"]


def require_fence(schema: str) -> bytes:
    """Return a query that ends its transaction with an error when the lease is lost.

    Its parameters are `thread_key` and `fence`. In a pipeline it goes first and costs no round
    trip: after the error nothing of the pipeline is written. `is_lease_lost` knows the error.
    """
    return load_statements(schema)["require_fence"]


def is_lease_lost(error: BaseException) -> bool:
    """Tell whether `require_fence` ended the transaction."""
    return isinstance(error, Error) and error.sqlstate == LEASE_LOST
