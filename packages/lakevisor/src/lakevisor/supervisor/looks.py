"""Looking at operations in their own systems, through the agents that launched them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lakevisor.ledger import OperationStore
from lakevisor.ledger.turn_operations import operation_of
from lakevisor.ledger.values import OperationRecord
from lakevisor.registry import EnabledAgent
from lakevisor_plugin import Seen, Turn

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Looks at operations, and writes down how they are."""

    store: OperationStore
    agents: Mapping[str, EnabledAgent]
    """By name."""

    async def at(
        self, records: Sequence[OperationRecord], turn: Turn, *, seconds: float
    ) -> Mapping[str, Seen]:
        """Look at all at once, and return what was seen in time, by token."""
        seen: dict[str, Seen] = {}
        looks = [asyncio.create_task(self._at(each, turn, seen)) for each in records if each.run_id]
        if looks:
            _, late = await asyncio.wait(looks, timeout=min(seconds, turn.seconds_left()))
            for look in late:
                look.cancel()
            await asyncio.gather(*looks, return_exceptions=True)
        return seen

    async def _at(self, record: OperationRecord, turn: Turn, seen: dict[str, Seen]) -> None:
        agent = self.agents.get(record.agent)
        if agent is None or agent.sub_agent.follow is None:
            return
        try:
            found = await agent.sub_agent.follow(agent.settings, operation_of(record), turn)
            await self.store.note(record, state=found.state, is_final=found.is_final)
        # A plugin looks at somebody else's system; a turn does not fail because that did.
        except Exception:
            logger.warning(
                "The operation %r could not be looked at.",
                record.run_id,
                exc_info=True,
                extra={"action": "follow_failed"},
            )
            return
        seen[record.token] = found
