"""Rate limits without a server and without waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

from lakevisor_plugin import NoSlot


@dataclass(kw_only=True)
class InMemoryRateLimits:
    """The limits of all systems; a test says how long a wait would be, and nobody waits."""

    wait_seconds: float = 0.0
    """How long the wait for the next slot is."""
    per_minute: dict[str, int] = field(default_factory=dict)
    """What each limit was said to allow, by its name."""
    sent: list[str] = field(default_factory=list)
    """The names of the limits under which requests were sent, in order."""

    def of(self, name: str, *, per_minute: int) -> InMemoryRateLimit:
        """Return a limit."""
        self.per_minute[name] = per_minute
        return InMemoryRateLimit(limits=self, name=name)


@dataclass(frozen=True, kw_only=True)
class InMemoryRateLimit:
    """One limit."""

    limits: InMemoryRateLimits
    name: str

    def slot(
        self,
        *,
        within: float,
        waiting: Callable[[float], None] | None = None,
        place: str | None = None,  # noqa: ARG002 - nobody else is in the queue
    ) -> AbstractAsyncContextManager[None]:
        """Give the slot as if the wait were over, or raise `NoSlot` if it is too long."""
        return self._slot(within, waiting)

    @asynccontextmanager
    async def _slot(
        self, within: float, waiting: Callable[[float], None] | None
    ) -> AsyncIterator[None]:
        seconds = self.limits.wait_seconds
        if seconds > within:
            raise NoSlot(self.name, seconds=seconds)
        if seconds > 0 and waiting is not None:
            waiting(seconds)
        self.limits.wait_seconds = 0.0
        try:
            yield
        finally:
            self.limits.sent.append(self.name)

    async def throttled(self, seconds: float) -> None:
        """Let the next slot be so far away."""
        self.limits.wait_seconds = max(self.limits.wait_seconds, seconds)
