"""Keeps the right to work on a thread while a turn runs, and stops the turn when it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from lakevisor.errors import LakebaseError, LeaseLost
from lakevisor.ledger import Lease, Turns

logger = logging.getLogger(__name__)

BEATS_PER_LEASE = 3
"""How often a lease is extended within its time, so that one lost beat does not lose it."""


@asynccontextmanager
async def kept(turns: Turns, lease: Lease) -> AsyncIterator[None]:
    """Extend the lease while the block runs.

    Raises:
        LeaseLost: another process took the thread over; the block was cancelled.
    """
    worker = asyncio.current_task()
    assert worker is not None, "a lease is kept for the task that works under it"
    beating = asyncio.create_task(_beat(turns, lease, worker), name="lease")
    try:
        yield
    except asyncio.CancelledError:
        if beating.done() and not beating.cancelled() and worker.uncancel() == 0:
            raise LeaseLost(lease.thread_id) from None
        raise
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _beat(turns: Turns, lease: Lease, worker: asyncio.Task[object]) -> None:
    beating = asyncio.current_task()
    assert beating is not None, "a beat is a task"
    # A connection that breaks while it is cancelled raises its own error instead. A beat that went
    # on after that would hold the thread for ever.
    while not beating.cancelling():
        await asyncio.sleep(lease.seconds / BEATS_PER_LEASE)
        try:
            await turns.extend(lease)
        except LeaseLost:
            worker.cancel()
            return
        except LakebaseError as error:
            # The fence is checked with every checkpoint, so a beat that fails loses nothing.
            logger.warning(
                "A lease could not be extended: %s", error.message, extra={"action": "lease_beat"}
            )
