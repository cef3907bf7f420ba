"""What a request says to the question that was open in its thread: yes, no, or something else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lakevisor.graph import DirectCall
from lakevisor.ledger import Lease, Proposals
from lakevisor.supervisor.request import Request

_YES = (
    "yes", "y", "yep", "sure", "ok", "okay", "go", "go ahead", "do it", "do", "confirm",
    "confirmed", "accept", "accepted", "approve", "approved", "ja",
)  # fmt: skip
_NO = ("no", "n", "nope", "no thanks", "no thank you", "don't", "do not", "never mind", "nein")

NOT_DONE = "All right, that is not done."
"""The answer to a no; no model is asked."""
CLOSED = "What I had asked is closed, and not done. Ask for it again if you want it."
"""Told where a request is neither a yes nor a no: else the person may think it was done."""


@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What a request means for what was open."""

    accepted: DirectCall | None = None
    """What is run now."""
    said: str = ""
    """What the person is told of it."""
    is_all: bool = False
    """Whether that is the whole answer."""


def is_acceptance(text: str) -> bool:
    """Tell whether a message says yes and nothing else; anything more is a new request.

    A question mark, a sign or a letter of another alphabet is more.
    """
    return _says(text, _YES)


def is_refusal(text: str) -> bool:
    """Tell whether a message says no and nothing else."""
    return _says(text, _NO)


async def reaction_to(request: Request, proposals: Proposals, lease: Lease) -> Reaction:
    """Return what the request says to what was proposed: by its id, with a yes or with a no.

    Any request but a yes declines what was open: a yes stands only right behind its question.

    Raises:
        ProposalGone: the proposal with the given id cannot be accepted any more.
    """
    if request.approve is not None:
        return await _accepted(request.approve, proposals, lease)
    proposed = await proposals.open(lease)
    if not proposed:
        return Reaction()
    if request.action is None and is_acceptance(request.text):
        return await _accepted(proposed[-1].proposal_id, proposals, lease)
    for each in proposed:
        await proposals.decline(lease, each.proposal_id)
    is_no = request.action is None and is_refusal(request.text)
    return Reaction(said=NOT_DONE if is_no else CLOSED, is_all=is_no)


async def _accepted(proposal_id: str, proposals: Proposals, lease: Lease) -> Reaction:
    accepted = await proposals.accept(lease, proposal_id)
    return Reaction(
        accepted=DirectCall(
            agent=accepted.agent, tool=accepted.tool, arguments=dict(accepted.arguments)
        )
    )


def _says(text: str, phrases: tuple[str, ...]) -> bool:
    """Tell whether a message is made of these phrases, and of "please", alone."""
    words = re.sub(r"[\s.,!]+", " ", text.lower().replace("\u2019", "'"))
    words = re.sub(r"\bplease\b", " ", words)
    either = "|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))
    return re.fullmatch(rf"(?:{either})(?: (?:{either}))*", " ".join(words.split())) is not None
