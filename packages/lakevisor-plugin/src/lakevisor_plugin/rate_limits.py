"""Rate limits of other systems, kept by all processes and for all persons together."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from lakevisor_plugin.errors import GiveUp


class NoSlot(GiveUp):
    """The wait for a request's turn is longer than the caller can wait."""

    def __init__(self, name: str, *, seconds: float) -> None:
        """Take the limit, and after how many seconds there should be a slot."""
        about = f"about {math.ceil(seconds)} seconds"
        super().__init__(f"Too many requests to {name!r} at the moment. Try again in {about}.")
        self.name = name
        self.seconds = seconds


class RateLimit(Protocol):
    """One limit: so many requests a minute, whoever sends them."""

    def slot(
        self,
        *,
        within: float,
        waiting: Callable[[float], None] | None = None,
        place: str | None = None,
    ) -> AbstractAsyncContextManager[None]:
        """Wait for the turn of one request, which is then sent inside the block.

        No span of a minute has more requests than the limit allows: a request counts from the
        moment it may be sent until a minute after the block was left. So nothing but the request
        belongs into the block. Who waits is served in rounds, one request of each person a round,
        the persons in the order in which they came.

        Args:
            within: how many seconds to wait at most.
            waiting: called with the seconds that the wait should still take, before it begins and
                whenever they were estimated anew.
            place: a name for the request's place in the queue, unlike any other. With it the place
                is kept for some seconds after `NoSlot`: who then asks under the same name goes on
                waiting there. Once a slot was given, the name must not be used again.

        Raises:
            NoSlot: it would take longer, as it is known now or later; nothing is waited for any
                more. `within=0` asks only for the estimate, where there is no slot at once.
        """
        ...

    async def throttled(self, seconds: float) -> None:
        """Let nobody send a request for some time, because the other system asked for that.

        Args:
            seconds: its `Retry-After`; more than 10 minutes are taken for 10 minutes.
        """
        ...


class RateLimits(Protocol):
    """The limits of the systems that tools talk to."""

    def of(self, name: str, *, per_minute: int) -> RateLimit:
        """Return a limit; there is one for each name and workspace.

        Args:
            name: of the system that counts: `genie`. Plugins that use the same name share it.
            per_minute: how many requests it takes a minute, at least 1.
        """
        ...
