"""The statuses that a message goes through while it is answered, each for its part of the time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from local_workspace.genie.answer_rules import Stage
from local_workspace.genie.records import Message
from local_workspace.genie.store import GenieStore

# Each status, and the part of the pace that a message stays in it.
_STAGES = {
    "SUBMITTED": 0.1,
    "FETCHING_METADATA": 0.2,
    "FILTERING_CONTEXT": 0.2,
    "ASKING_AI": 0.25,
    "PENDING_WAREHOUSE": 0.1,
    "EXECUTING_QUERY": 0.15,
}
_ORDER = list(_STAGES)


class Progress:
    """Moves one message on; after statuses that a rule gave, only to its end."""

    def __init__(
        self,
        store: GenieStore,
        message: Message,
        *,
        pace: float,
        statuses: Sequence[Stage] | None = None,
    ) -> None:
        self._store = store
        self._pace = pace
        self._statuses = statuses
        self.message = message
        """The message as it is now."""

    async def begin(self) -> None:
        """Go through the statuses that a rule gave, if one did."""
        for stage in self._statuses or ():
            self._update(status=stage.status)
            await asyncio.sleep(stage.seconds)

    async def reach(self, status: str) -> None:
        """Go through the statuses up to this one; those that a restart found are not repeated."""
        while self._statuses is None and self._place() < _ORDER.index(status):
            if self.message.status not in ("ASKING_AI", "EXECUTING_QUERY"):
                await self.stay(self.message.status)
            self._update(status=_ORDER[self._place() + 1])

    async def stay(self, status: str) -> None:
        """Spend the time of a status."""
        if self._statuses is None:
            await asyncio.sleep(self._pace * _STAGES[status])

    def end(self, status: str, **changes: Any) -> None:
        """Write how the message ends."""
        self._update(status=status, **changes)

    def _place(self) -> int:
        return _ORDER.index(self.message.status)

    def _update(self, **changes: Any) -> None:
        self.message = self._store.update_message(self.message, **changes)
