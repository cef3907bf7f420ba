"""What ended since the person's last turn, told once, in any thread, without a model call.

It is told at the end of a reply, and only what the reply has not been about. Who looks is the
agent that launched it (`SubAgent.follow`); the ledger sees to it that one turn alone tells it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lakevisor.ledger import Lease, OperationStore
from lakevisor.ledger.turn_operations import operation_of
from lakevisor.ledger.values import OperationRecord
from lakevisor.registry import EnabledAgent
from lakevisor_plugin import Operation, Turn

logger = logging.getLogger(__name__)

AT_MOST = 10
"""How many open operations are looked at in a turn."""
SECONDS = 2.0
"""How long all looks of a turn may take together."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """The end of one operation, as the person is told."""

    token: str
    operation: Operation
    text: str


@dataclass(frozen=True, kw_only=True)
class Notices:
    """Finds what has ended and was not told."""

    store: OperationStore
    agents: Mapping[str, EnabledAgent]
    """By name."""

    async def collect(
        self, lease: Lease, turn: Turn, *, known: Collection[str]
    ) -> tuple[Sequence[Notice], Sequence[str]]:
        """Return what to tell, and the tokens of all that is told with this reply.

        Args:
            lease: of the turn that tells it.
            turn: for the agents that look.
            known: run ids that the reply is about; they are told already.
        """
        open_ones = await self.store.list(lease.owner, only_open=True, limit=AT_MOST)
        unseen = [each for each in open_ones if each.run_id and each.run_id not in known]
        texts = await self._look(unseen, turn) if unseen else {}
        ended = await self.store.claim_untold(lease)
        notices = [
            Notice(
                token=each.token,
                operation=operation_of(each),
                text=texts.get(each.token) or _plain(each),
            )
            for each in ended
            if each.run_id is not None and each.run_id not in known
        ]
        return notices, [each.token for each in ended]

    async def _look(self, records: Sequence[OperationRecord], turn: Turn) -> dict[str, str]:
        """Look at all at once and remember what was seen; who is too slow is told another time."""
        texts: dict[str, str] = {}
        looks = {asyncio.create_task(self._look_at(each, turn, texts)) for each in records}
        _, late = await asyncio.wait(looks, timeout=min(SECONDS, turn.seconds_left()))
        for look in late:
            look.cancel()
        await asyncio.gather(*looks, return_exceptions=True)
        return texts

    async def _look_at(self, record: OperationRecord, turn: Turn, texts: dict[str, str]) -> None:
        agent = self.agents.get(record.agent)
        if agent is None or agent.sub_agent.follow is None:
            return
        try:
            seen = await agent.sub_agent.follow(agent.settings, operation_of(record), turn)
            await self.store.note(record, state=seen.state, is_final=seen.is_final)
        # A plugin looks at somebody else's system; a turn does not fail because that did.
        except Exception:
            logger.warning(
                "The operation %r could not be looked at.",
                record.run_id,
                exc_info=True,
                extra={"action": "follow_failed"},
            )
            return
        if seen.is_final:
            texts[record.token] = seen.text


def _plain(record: OperationRecord) -> str:
    return f'"{record.title}" (run {record.run_id}) has ended: {record.state}.'
