"""What waits for the person's own word: the port, and what a proposal is called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Protocol

from lakevisor.ledger.values import Lease, Proposal, ProposalRecord


class Proposals(Protocol):
    """What waits for the person's own word. A proposal belongs to one thread."""

    async def propose(self, lease: Lease, proposal: Proposal) -> ProposalRecord:
        """Write down what is to be accepted.

        The same proposal in the same turn is the same row. What an earlier turn of the thread
        proposed can no longer be accepted.

        Raises:
            LeaseLost: the thread was taken over; nothing was written.
        """
        ...

    async def open(self, lease: Lease) -> Sequence[ProposalRecord]:
        """Return what this turn can accept, the oldest first.

        That is what earlier turns of the thread proposed, and what this very turn accepted before
        it was resumed.
        """
        ...

    async def accept(self, lease: Lease, proposal_id: str) -> ProposalRecord:
        """Return what was proposed, once: to one turn, and to the same turn when it is resumed.

        The turn that proposed it cannot accept it.

        Raises:
            ProposalGone: it is not this thread's, or expired, or was answered before.
            LeaseLost: the thread was taken over; nothing was written.
        """
        ...

    async def decline(self, lease: Lease, proposal_id: str) -> None:
        """Write down that the person does not want it; what is gone already is no error.

        Raises:
            LeaseLost: the thread was taken over; nothing was written.
        """
        ...


def proposal_id_of(lease: Lease, proposal: Proposal) -> str:
    """Return 32 characters that are the same whenever the turn proposes the same again."""
    what = [lease.thread_key, lease.turn_id, proposal.agent, proposal.tool, proposal.arguments]
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
