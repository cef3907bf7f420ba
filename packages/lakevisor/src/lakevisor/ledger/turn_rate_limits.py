"""The rate limits as the tools of a turn see them: they wait for their slot in the shared queue."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from lakevisor.errors import LakebaseError
from lakevisor.ledger.slots import SIGN_OF_LIFE_SECONDS, WINDOW_SECONDS, Slots, Ticket
from lakevisor.ledger.values import OwnerKey
from lakevisor_plugin import NoSlot

logger = logging.getLogger(__name__)

SIGNS_OF_LIFE = 3
"""How often who waits asks within the time for which a place is kept; a slot can also come sooner
than it was estimated."""
SHORTEST_PAUSE = 0.05
JITTER = 0.1
"""Part of a pause that is left to chance, so that not all ask at once."""


@dataclass(frozen=True, kw_only=True)
class _Wait:
    """How a slot is waited for."""

    within: float
    """How many seconds at most."""
    waiting: Callable[[float], None]
    """Told how long it should still take."""


@dataclass(frozen=True, kw_only=True)
class TurnRateLimits:
    """The limits for the requests of one caller; the `RateLimits` of the plugin contract."""

    slots: Slots
    owner: OwnerKey
    window_seconds: float = WINDOW_SECONDS
    """How long the span is in which requests are counted."""
    alive_seconds: float = SIGN_OF_LIFE_SECONDS
    """How long the place of who died is kept."""

    def of(self, name: str, *, per_minute: int) -> TurnRateLimit:
        """Return a limit."""
        if per_minute < 1:
            raise ValueError(f"per_minute of {name!r} must be at least 1, not {per_minute}")
        return TurnRateLimit(turn=self, name=name, per_minute=per_minute)


@dataclass(frozen=True, kw_only=True)
class TurnRateLimit:
    """One limit; the `RateLimit` of the plugin contract."""

    turn: TurnRateLimits
    name: str
    per_minute: int

    def slot(
        self,
        *,
        within: float,
        waiting: Callable[[float], None] | None = None,
        place: str | None = None,
    ) -> AbstractAsyncContextManager[None]:
        """Wait for the turn of one request, which is then sent inside the block.

        Raises:
            NoSlot: it would take longer than `within`.
            LakebaseError: the queue cannot be reached.
        """
        ticket = Ticket(
            ticket_id=uuid4().hex if place is None else self._named(place),
            owner=self.turn.owner,
            name=self.name,
            limit=self.per_minute,
            window_seconds=self.turn.window_seconds,
            alive_seconds=self.turn.alive_seconds,
        )
        how = _Wait(within=within, waiting=waiting or (lambda _: None))
        return self._slot(ticket, how, is_kept=place is not None)

    def _named(self, place: str) -> str:
        """Return the ticket behind a place's name; another person's of that name is another one."""
        owner = self.turn.owner
        named = json.dumps([owner.workspace_id, owner.owner, self.name, place])
        return hashlib.sha256(named.encode()).hexdigest()

    async def throttled(self, seconds: float) -> None:
        """Let nobody send a request for some time."""
        await self.turn.slots.block(self.turn.owner, self.name, seconds=seconds)

    @asynccontextmanager
    async def _slot(self, ticket: Ticket, how: _Wait, *, is_kept: bool) -> AsyncIterator[None]:
        slots = self.turn.slots
        try:
            await self._wait(ticket, how)
        except NoSlot:
            if not is_kept:
                await _in_any_case(slots.leave(ticket))
            raise
        except BaseException:
            await _in_any_case(slots.leave(ticket))
            raise
        try:
            yield
        finally:
            await _in_any_case(slots.sent(ticket))

    async def _wait(self, ticket: Ticket, how: _Wait) -> None:
        end = time.monotonic() + how.within
        longest = ticket.alive_seconds / SIGNS_OF_LIFE
        while not (place := await self.turn.slots.ask(ticket)).is_taken:
            if place.wait_seconds > end - time.monotonic():
                raise NoSlot(self.name, seconds=place.wait_seconds)
            how.waiting(place.wait_seconds)
            pause = min(max(place.wait_seconds, SHORTEST_PAUSE), longest)
            more = random.uniform(0, JITTER * pause)  # noqa: S311 - it guards nothing
            await asyncio.sleep(pause + more)


async def _in_any_case(step: Awaitable[None]) -> None:
    """Do a step also while the task is cancelled.

    If the database does not do it, time does: a ticket that nobody asks for leaves the queue, and
    one that was taken stops to count.
    """

    async def do() -> None:
        try:
            await step
        except LakebaseError as error:
            logger.warning(
                "A slot of a rate limit is kept longer than needed: %s",
                error.message,
                extra={"action": "slot_kept"},
            )

    await asyncio.shield(asyncio.ensure_future(do()))
