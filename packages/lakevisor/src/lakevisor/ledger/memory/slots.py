"""The queues of rate limits in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from lakevisor.ledger.memory.rows import Rows, SlotRow
from lakevisor.ledger.slots import (
    MAX_BLOCK_SECONDS,
    SENDING_SECONDS,
    TYPICAL_SENDING_SECONDS,
    Place,
    Ticket,
    wait_seconds,
)
from lakevisor.ledger.values import OwnerKey


class MemorySlots:
    """Who may send a request, and when; see `lakevisor.ledger.slots.Slots`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def ask(self, ticket: Ticket) -> Place:
        """Enter the queue or keep the place in it, and take a slot if it is this ticket's turn."""
        now = self._rows.now()
        mine = self._keep_place(ticket)
        if mine.taken_at:
            return Place(is_taken=True, wait_seconds=0.0)
        taken = [each for each in self._valid(ticket) if each.taken_at]
        place = self._queue(ticket).index(mine) + 1
        blocked = self._blocked_seconds(ticket)
        if place <= ticket.limit - len(taken) and blocked <= 0:
            lasts = timedelta(seconds=SENDING_SECONDS + ticket.window_seconds)
            mine.taken_at, mine.valid_until = now, now + lasts
            key = _limit(ticket)
            self._rows.rounds[key] = max(self._rows.rounds[key], mine.round)
            return Place(is_taken=True, wait_seconds=0.0)
        frees = [self._free_seconds(each) for each in taken]
        seconds = wait_seconds(place, frees, ticket=ticket, blocked_seconds=blocked)
        return Place(is_taken=False, wait_seconds=seconds)

    async def leave(self, ticket: Ticket) -> None:
        """Give up a ticket whose request was not sent."""
        row = self._rows.slots.get(ticket.ticket_id)
        if row and row.sent_at is None:
            del self._rows.slots[ticket.ticket_id]

    async def sent(self, ticket: Ticket) -> None:
        """Say that the request of a ticket that was taken was sent."""
        row = self._rows.slots.get(ticket.ticket_id)
        if row and row.taken_at and row.sent_at is None:
            row.sent_at = self._rows.now()
            row.valid_until = row.sent_at + timedelta(seconds=ticket.window_seconds)

    async def block(self, owner: OwnerKey, name: str, *, seconds: float) -> None:
        """Let no ticket of a limit be taken for some time."""
        key = (owner.workspace_id, name)
        until = self._rows.now() + timedelta(seconds=min(seconds, MAX_BLOCK_SECONDS))
        self._rows.blocked_until[key] = max(until, self._rows.blocked_until.get(key, until))

    def _keep_place(self, ticket: Ticket) -> SlotRow:
        """Return the ticket's row, after those whose time is over were deleted."""
        now = self._rows.now()
        valid = {name: row for name, row in self._rows.slots.items() if row.valid_until > now}
        self._rows.slots = valid
        until = now + timedelta(seconds=ticket.alive_seconds)
        row = valid.get(ticket.ticket_id)
        if row is None:
            turn = self._round(ticket)
            row = SlotRow(ticket=ticket, asked_at=now, valid_until=until, round=turn)
            valid[ticket.ticket_id] = row
        if row.taken_at is None:
            row.valid_until = until
        return row

    def _round(self, ticket: Ticket) -> int:
        """Return the round after the person's last one, else the one that is being served."""
        known = self._valid(ticket)
        own = [each.round + 1 for each in known if each.ticket.owner == ticket.owner]
        return max([self._rows.rounds[_limit(ticket)], *own])

    def _queue(self, ticket: Ticket) -> Sequence[SlotRow]:
        """Return who waits, in rounds, and in a round by who asked first."""
        waiting = (each for each in self._valid(ticket) if each.taken_at is None)
        return sorted(waiting, key=lambda each: (each.round, each.asked_at, each.ticket.ticket_id))

    def _valid(self, ticket: Ticket) -> Sequence[SlotRow]:
        """Return the rows of the ticket's limit."""
        slots = self._rows.slots.values()
        return [each for each in slots if _limit(each.ticket) == _limit(ticket)]

    def _blocked_seconds(self, ticket: Ticket) -> float:
        until = self._rows.blocked_until.get(_limit(ticket))
        return (until - self._rows.now()).total_seconds() if until else 0.0

    def _free_seconds(self, row: SlotRow) -> float:
        """Return in how many seconds a slot that is taken should be free again."""
        now = self._rows.now()
        if row.sent_at:
            return (row.valid_until - now).total_seconds()
        assert row.taken_at is not None, "only slots that are taken become free"
        since = (now - row.taken_at).total_seconds()
        return max(row.ticket.window_seconds - since, 0.0) + TYPICAL_SENDING_SECONDS


def _limit(ticket: Ticket) -> tuple[str, str]:
    """Return the workspace and name of a ticket's limit."""
    return ticket.owner.workspace_id, ticket.name
