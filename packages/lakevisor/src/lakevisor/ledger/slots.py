"""Slots under a rate limit that all processes share: the port, and how long a wait will be.

A ticket waits, is taken (its request may be sent) and is sent (a window's length later it does not
count any more). What counts is exact whatever happens between: a ticket that was taken counts
until it is known to be sent, and who dies meanwhile is taken to have sent it late.

Persons take turns (start-time fair queueing with requests of one size): a ticket enters the round
after its person's last one, a person without one the round that is being served. So nobody is
served twice while another waits for the first time, and who comes late makes up for nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lakevisor.ledger.values import OwnerKey

WINDOW_SECONDS = 60.5
"""A minute, and a little for clocks that do not run equally fast."""
SIGN_OF_LIFE_SECONDS = 15.0
"""After so long without being asked for again a ticket that waits has lost its place."""
SENDING_SECONDS = 60.0
"""How long it may take to send a request; who has died has sent it by then."""
TYPICAL_SENDING_SECONDS = 1.0
"""How long it usually takes, for estimates."""
MAX_BLOCK_SECONDS = 600.0
"""The longest time for which everybody can be kept from sending."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """The place of one request in a queue."""

    ticket_id: str
    """Unlike any other."""
    owner: OwnerKey
    """For whom it is sent; persons take turns."""
    name: str
    """The limit, within the owner's workspace."""
    limit: int
    """How many requests may be sent in any window."""
    window_seconds: float = WINDOW_SECONDS
    """How long the window is."""
    alive_seconds: float = SIGN_OF_LIFE_SECONDS
    """How long the place is kept without another `ask`."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """What became of a ticket that was asked about."""

    is_taken: bool
    """Whether its request may be sent, now."""
    wait_seconds: float
    """How long it should still take; 0 if it may be sent."""


class Slots(Protocol):
    """The queues of all limits. Each method is one short transaction; nothing is held between."""

    async def ask(self, ticket: Ticket) -> Place:
        """Enter the queue or keep the place in it, and take a slot if it is this ticket's turn.

        Asked again after it was taken, it is still taken.
        """
        ...

    async def leave(self, ticket: Ticket) -> None:
        """Give up a ticket whose request was not sent and will not be."""
        ...

    async def sent(self, ticket: Ticket) -> None:
        """Say that the request of a ticket that was taken was sent, whatever came of it."""
        ...

    async def block(self, owner: OwnerKey, name: str, *, seconds: float) -> None:
        """Let no ticket of a limit be taken for some time."""
        ...


def wait_seconds(
    place: int, frees: Sequence[float], *, ticket: Ticket, blocked_seconds: float
) -> float:
    """Return how long a ticket waits, if all that are before it use their slots.

    Args:
        place: in the queue, from 1.
        frees: in how many seconds each of the slots that are taken is free again.
        ticket: its limit and window.
        blocked_seconds: how long none is taken, below 0 if that is over.
    """
    ends = sorted(frees)[-ticket.limit :]
    ends = [0.0] * (ticket.limit - len(ends)) + ends
    begins = 0.0
    for _ in range(place):
        begins = max(ends[0], blocked_seconds, 0.0)
        heapq.heapreplace(ends, begins + ticket.window_seconds)
    return begins
