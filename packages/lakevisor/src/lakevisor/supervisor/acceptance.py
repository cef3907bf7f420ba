"""Whether a request accepts what was proposed in the thread."""

from __future__ import annotations

import re

from lakevisor.graph import AcceptedCall
from lakevisor.ledger import Lease, Proposals
from lakevisor.supervisor.request import Request

_ACCEPTING = frozenset(
    {
        "yes", "y", "yes please", "yep", "sure", "ok", "okay", "go", "go ahead", "do it",
        "please do", "confirm", "confirmed", "accept", "accepted", "approve", "approved",
        "yes do it", "yes go ahead", "ja",
    }
)  # fmt: skip


def is_acceptance(text: str) -> bool:
    """Tell whether a message says yes and nothing else; anything more is a new request.

    A question mark, a sign or a letter of another alphabet is more.
    """
    return re.sub(r"[\s.,!]+", " ", text.lower()).strip() in _ACCEPTING


async def accepted_call(
    request: Request, proposals: Proposals, lease: Lease
) -> AcceptedCall | None:
    """Return the proposed call that the request accepts, by its id or by saying yes.

    Any other request declines what was open: a yes stands only right behind its question.

    Raises:
        ProposalGone: the proposal with the given id cannot be accepted any more.
    """
    proposal_id = request.approve
    if proposal_id is None:
        proposed = await proposals.open(lease)
        if not is_acceptance(request.text):
            for each in proposed:
                await proposals.decline(lease, each.proposal_id)
        elif proposed:
            proposal_id = proposed[-1].proposal_id
    if proposal_id is None:
        return None
    accepted = await proposals.accept(lease, proposal_id)
    return AcceptedCall(
        agent=accepted.agent, tool=accepted.tool, arguments=dict(accepted.arguments)
    )
