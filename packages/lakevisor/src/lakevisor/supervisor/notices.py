"""What ended since the person's last turn, told once, in any thread, without a model call.

It is told at the end of a reply, and only what the reply has not been about. Who looks is the
agent that launched it (`SubAgent.follow`); the ledger sees to it that one turn alone tells it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import JsonValue

from lakevisor.ledger import Lease, OperationStore
from lakevisor.ledger.turn_operations import operation_of
from lakevisor.ledger.values import OperationRecord
from lakevisor.supervisor.looks import Looks
from lakevisor_plugin import Operation, Seen, Turn

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
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    """What programs read of it."""


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
        ended = await self.store.claim_untold(lease)
        to_tell = [each for each in ended if each.run_id is not None and each.run_id not in known]
        # The end of the others was seen before, by who did not come to tell what it brought.
        others = [each for each in to_tell if each.token not in seen]
        seen = {**seen, **await self.looks.at(others, turn, seconds=SECONDS)}
        notices = [_notice(each, seen.get(each.token)) for each in to_tell]
        return notices, [each.token for each in ended]


def _notice(record: OperationRecord, seen: Seen | None) -> Notice:
    """Say the end in the words of the agent that has just looked, or in plain ones."""
    plain = f'"{record.title}" (run {record.run_id}) has ended: {record.state}.'
    end = seen if seen and seen.is_final else None
    return Notice(
        token=record.token,
        operation=operation_of(record),
        text=end.text if end and end.text else plain,
        data=end.data if end else {},
    )
