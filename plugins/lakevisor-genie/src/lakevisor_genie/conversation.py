"""Asking Genie and waiting for it.

The SDK's own waiters take a cancelled message, an expired result and unknown statuses for "still
running", for 20 minutes; so the message is polled here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_genie.no_answer import NoAnswer, query_failed, too_slow
from lakevisor_genie.spaces import ConfiguredSpace
from lakevisor_plugin import Turn

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import GenieMessage

_RESERVE_SECONDS = 3.0
"""What is left of the turn to tell that Genie was too slow."""

_PROGRESS = {
    "SUBMITTED": "Genie has the question…",
    "FETCHING_METADATA": "Genie is looking at the tables…",
    "FILTERING_CONTEXT": "Genie is choosing the tables…",
    "ASKING_AI": "Genie is writing the query…",
    "PENDING_WAREHOUSE": "Genie is waiting for the warehouse…",
    "EXECUTING_QUERY": "Genie is running the query…",
}


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a question may still be waited for."""

    seconds: float
    """How long in all."""
    end: float
    """Until when, on the clock of `time.monotonic()`."""

    @classmethod
    def of(cls, turn: Turn, *, at_most: float) -> Patience:
        """Return the patience of a turn, with a rest to say that it was in vain."""
        seconds = max(0.0, min(at_most, turn.seconds_left() - _RESERVE_SECONDS))
        return cls(seconds=seconds, end=time.monotonic() + seconds)

    async def pause(self, seconds: float) -> None:
        """Wait for a while.

        Raises:
            NoAnswer: it would be too long.
        """
        if time.monotonic() + seconds > self.end:
            raise too_slow(self.seconds)
        await asyncio.sleep(seconds)


def growing_pauses() -> Iterator[float]:
    """Yield seconds between two looks: short at first, then two seconds."""
    seconds = 0.3
    while True:
        yield seconds
        seconds = min(2.0, seconds * 1.5)


async def ask(
    question: str, *, space: ConfiguredSpace, turn: Turn, patience: Patience
) -> GenieMessage:
    """Ask a question in a new conversation, and return the message once Genie has ended.

    The API has no idempotency token, and the SDK sends a POST again on 429, 503 and a lost
    connection: a question whose answer was lost may be asked twice. That costs time and quota,
    and changes nothing.

    Returns:
        A message that is COMPLETED, or whose query result has expired.

    Raises:
        GiveUp: the space does not exist or may not be asked.
        NoAnswer: Genie failed, was cancelled or took too long.
    """
    genie = turn.workspace.genie
    space_id = space.settings.space_id
    with space.reachable():
        started = await turn.call(genie.start_conversation, space_id, question)
    message_of = (space_id, started.bind()["conversation_id"], started.bind()["message_id"])
    told = ""
    for seconds in growing_pauses():
        message = await turn.call(genie.get_message, *message_of)
        status = message.status.value if message.status is not None else ""
        if _has_ended(message, status):
            return message
        if status in _PROGRESS and status != told:
            told = status
            turn.progress(_PROGRESS[status])
        await patience.pause(seconds)
    raise AssertionError("growing_pauses never ends")


def _has_ended(message: GenieMessage, status: str) -> bool:
    """Whether there is something to read; a status that is not known is still running."""
    match status:
        case "COMPLETED" | "QUERY_RESULT_EXPIRED":
            return True
        case "FAILED":
            raise query_failed(message.error.error if message.error is not None else None)
        case "CANCELLED":
            raise NoAnswer("the question was cancelled in the workspace.", status="cancelled")
        case _:
            return False
