"""What ended since the person's last turn, told once, in any thread, without a model call.

It is told at the end of a reply, and only what the reply has not been about. Who looks is the
agent that launched it (`SubAgent.follow`); the ledger sees to it that one turn alone tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from lakevisor.ledger import Lease, OperationStore
from lakevisor.ledger.turn_operations import operation_of
from lakevisor.ledger.values import OperationRecord
from lakevisor.supervisor.looks import Looks
from lakevisor_plugin import Operation, Turn

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
    looks: Looks

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
        unseen = [each for each in open_ones if each.run_id not in known]
        seen = await self.looks.at(unseen, turn, seconds=SECONDS)
        texts = {token: each.text for token, each in seen.items() if each.is_final}
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


def _plain(record: OperationRecord) -> str:
    return f'"{record.title}" (run {record.run_id}) has ended: {record.state}.'
