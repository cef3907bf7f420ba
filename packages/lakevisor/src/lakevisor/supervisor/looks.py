"""Looking at operations in their own systems, through the agents that launched them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lakevisor.ledger import OperationStore
from lakevisor.ledger.turn_operations import operation_of
from lakevisor.ledger.values import OperationRecord
from lakevisor.registry import EnabledAgent
from lakevisor_plugin import Seen, Turn

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Looks:
    """Looks at operations, and writes down how they are.

    There is one in a process: turns that want to know the same at the same time ask once.
    """

    store: OperationStore
    agents: Mapping[str, EnabledAgent]
    """By name."""
    _under_way: dict[str, asyncio.Task[Seen | None]] = field(
        default_factory=dict, init=False, repr=False
    )
    """By token."""

    async def at(
        self, records: Sequence[OperationRecord], turn: Turn, *, seconds: float
    ) -> Mapping[str, Seen]:
        """Look at all at once, and return what was seen in time, by token."""
        known = [each for each in records if each.run_id]
        mine = {
            each.token: asyncio.create_task(self._at(each, turn))
            for each in known
            if each.token not in self._under_way
        }
        self._under_way.update(mine)
        looks = {each.token: self._under_way[each.token] for each in known}
        try:
            if looks:
                await asyncio.wait(looks.values(), timeout=min(seconds, turn.seconds_left()))
            return {token: seen for token, look in looks.items() if (seen := _seen_by(look))}
        finally:
            for token, look in mine.items():
                look.cancel()
                del self._under_way[token]
            await asyncio.gather(*mine.values(), return_exceptions=True)

    async def _at(self, record: OperationRecord, turn: Turn) -> Seen | None:
        agent = self.agents.get(record.agent)
        if agent is None or agent.sub_agent.follow is None:
            return None
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
            return None
        return found


def _seen_by(look: asyncio.Task[Seen | None]) -> Seen | None:
    """Return what a look has seen; another turn's may have been cancelled with it."""
    return look.result() if look.done() and not look.cancelled() else None
