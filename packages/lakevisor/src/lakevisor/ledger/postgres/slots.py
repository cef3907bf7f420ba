"""The queues of rate limits in PostgreSQL."""

from __future__ import annotations

from typing import Any

from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import owner_parameters
from lakevisor.ledger.slots import (
    MAX_BLOCK_SECONDS,
    SENDING_SECONDS,
    TYPICAL_SENDING_SECONDS,
    Place,
    Ticket,
    wait_seconds,
)
from lakevisor.ledger.values import OwnerKey

ASK = ("add_rate_limit", "lock_rate_limit", "forget_slots", "keep_place", "take_slot")


class PostgresSlots:
    """Who may send a request, and when; see `lakevisor.ledger.slots.Slots`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ask(self, ticket: Ticket) -> Place:
        """Enter the queue or keep the place in it, and take a slot if it is this ticket's turn."""
        *_, [row] = await self._database.run(*ASK, parameters=_parameters(ticket))
        if row["is_taken"]:
            return Place(is_taken=True, wait_seconds=0.0)
        seconds = wait_seconds(
            row["place"], row["frees"], ticket=ticket, blocked_seconds=row["blocked_seconds"]
        )
        return Place(is_taken=False, wait_seconds=seconds)

    async def leave(self, ticket: Ticket) -> None:
        """Give up a ticket whose request was not sent."""
        await self._database.run("leave_queue", parameters=_parameters(ticket))

    async def sent(self, ticket: Ticket) -> None:
        """Say that the request of a ticket that was taken was sent."""
        await self._database.run("slot_sent", parameters=_parameters(ticket))

    async def block(self, owner: OwnerKey, name: str, *, seconds: float) -> None:
        """Let no ticket of a limit be taken for some time."""
        seconds = min(seconds, MAX_BLOCK_SECONDS)
        parameters = {**owner_parameters(owner), "name": name, "seconds": seconds}
        await self._database.run("add_rate_limit", "block_rate_limit", parameters=parameters)


def _parameters(ticket: Ticket) -> dict[str, Any]:
    return {
        **vars(ticket),
        **owner_parameters(ticket.owner),
        "sending_seconds": SENDING_SECONDS,
        "typical_sending_seconds": TYPICAL_SENDING_SECONDS,
    }
