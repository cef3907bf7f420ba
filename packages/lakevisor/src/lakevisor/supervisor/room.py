"""Room under a limit: what has ended in its own system does not run any more.

The ledger counts what it has not seen to end. Before a launch is refused for it, what was counted
is looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakValueDictionary

from lakevisor.ledger import Counted, OwnerKey
from lakevisor.ledger.values import OperationRecord
from lakevisor.supervisor.looks import Looks
from lakevisor_plugin import Turn

COUNTED_AT_MOST = 1000
"""How many open operations are asked for."""
LOOKED_AT_MOST = 50
"""How many of them are looked at: those that were not seen for longest."""
SECONDS = 5.0
"""How long a launch waits for it."""


@dataclass(kw_only=True)
class _LastLook:
    """The last look at what one limit counts."""

    began: float = 0.0
    """On the clock of `time.monotonic()`."""
    saw_an_end: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, kw_only=True)
class Room:
    """Finds what still counts and has ended.

    There is one in a process, so that all who are refused at once look once.
    """

    looks: Looks
    _last: WeakValueDictionary[Counted, _LastLook] = field(
        default_factory=WeakValueDictionary, init=False, repr=False
    )
    """Kept as long as somebody looks or waits for it."""

    async def make(self, counted: Counted, turn: Turn) -> bool:
        """Look at what a limit counts, and tell whether an end was seen."""
        refused_at = time.monotonic()
        last = self._last.setdefault(counted, _LastLook())
        with suppress(TimeoutError):
            async with asyncio.timeout(min(SECONDS, turn.seconds_left())):
                await last.lock.acquire()
            try:
                # Else somebody else has looked since.
                if last.began < refused_at:
                    last.began = time.monotonic()
                    last.saw_an_end = await self._look(counted, turn)
            finally:
                last.lock.release()
            return last.saw_an_end
        return False

    async def _look(self, counted: Counted, turn: Turn) -> bool:
        records = await self._open(counted)
        longest_unseen = sorted(records, key=_seen_at)[:LOOKED_AT_MOST]
        seen = await self.looks.at(longest_unseen, turn, seconds=SECONDS)
        return any(each.is_final for each in seen.values())

    async def _open(self, counted: Counted) -> Sequence[OperationRecord]:
        store = self.looks.store
        if counted.owner is not None:
            owner = OwnerKey(workspace_id=counted.workspace_id, owner=counted.owner)
            return await store.list(owner, kind=counted.kind, only_open=True, limit=COUNTED_AT_MOST)
        return await store.list_any(
            counted.workspace_id,
            kind=counted.kind,
            job=counted.job,
            only_open=True,
            limit=COUNTED_AT_MOST,
        )


def _seen_at(record: OperationRecord) -> datetime:
    return record.seen_at or record.intended_at
