"""How long a question is waited for, and how often one looks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from lakevisor_genie.outcomes import TooSlow, Unanswered
from lakevisor_plugin import Turn

_RESERVE_SECONDS = 3.0
"""What is left of the turn to tell that Genie was too slow."""
_SENDING_SECONDS = 10.0
"""What else must be left when it is a question's turn, to send it."""
_SHORTEST, _LONGEST = 0.25, 5.0
_PART = 0.1


@dataclass(kw_only=True)
class Patience:
    """How long a question may still be waited for."""

    seconds: float
    """How long in all."""
    end: float
    """Until when, on the clock of `time.monotonic()`."""
    latest: float
    """When it is over in any case, on that clock: before the turn is."""

    @classmethod
    def of(cls, turn: Turn, *, at_most: float) -> Patience:
        """Return the patience of a turn, with a rest to say that it was in vain."""
        now, longest = time.monotonic(), max(0.0, turn.seconds_left() - _RESERVE_SECONDS)
        seconds = min(at_most, longest)
        return cls(seconds=seconds, end=now + seconds, latest=now + longest)

    def begin_again(self) -> None:
        """Count from now on: what has been waited for so far was not Genie."""
        self.end = min(time.monotonic() + self.seconds, self.latest)

    def for_its_turn(self) -> float:
        """Return the seconds for which a question may wait until it is sent."""
        return max(0.0, self.latest - _SENDING_SECONDS - time.monotonic())

    def left(self) -> float:
        """Return the seconds that are left, never less than 0."""
        return max(0.0, self.end - time.monotonic())

    async def pause(self, seconds: float) -> None:
        """Wait for a while.

        Raises:
            Unanswered: it would be too long (`TooSlow`).
        """
        if seconds > self.left():
            raise self.is_over()
        await asyncio.sleep(seconds)

    def is_over(self) -> Unanswered:
        """Return what to raise when there is none left."""
        return Unanswered(TooSlow(seconds=self.seconds))


@dataclass(kw_only=True)
class Pauses:
    """The pauses between two looks at something that goes through statuses.

    A status that has lasted long will last some more, so a pause is a tenth of the time that the
    present one has lasted: the answer is seen late by a twentieth of its last status on average,
    with few requests. With each new status it begins anew, short.
    """

    status: str | None = None
    """The status at the last look; None before the first."""
    since: float = 0.0
    """When it was first seen, on the clock of `time.monotonic()`."""

    def after(self, status: str) -> float:
        """Return the seconds until the next look, when this one has seen `status`."""
        now = time.monotonic()
        if status != self.status:
            self.status, self.since = status, now
        return min(max(_PART * (now - self.since), _SHORTEST), _LONGEST)
