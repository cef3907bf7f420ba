"""Genie's API as one question may use it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from uuid import uuid4

from lakevisor_genie.faults import MALFORMED, no_answer
from lakevisor_genie.outcomes import NoAccess, Throttled, Unanswered, Unreachable
from lakevisor_genie.patience import Patience, Pauses
from lakevisor_genie.settings import GenieSettings
from lakevisor_plugin import NoSlot, RateLimit, Turn

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.dashboards import GenieAPI
    from databricks.sdk.service.sql import StatementExecutionAPI

    from lakevisor_genie.sending_once import SendingOnce

P = ParamSpec("P")
T = TypeVar("T")

_DEFAULT_RETRY_SECONDS = 5.0
"""How long is waited where the workspace takes no requests and does not say how long."""
_THROTTLED_AT_MOST = 5
_REQUEST_SECONDS = 20.0
"""After so long without an answer a request counts as lost; a look-up says what became of it."""


async def _nothing() -> None:
    pass


@dataclass(kw_only=True)
class Sending:
    """How a question comes to be sent."""

    place: str | None = None
    """A place in the queue that it has already."""
    due: float | None = None
    """When it should be its turn, in seconds since 1970, once it waits."""
    before: Callable[[], Awaitable[None]] = _nothing
    """Asked right before it is sent; what it raises keeps it from being sent."""

    def take_place(self) -> str:
        """Return the place to wait at; each is good for one request."""
        place, self.place = self.place or uuid4().hex, None
        return place


@dataclass(frozen=True, kw_only=True)
class GenieClient:
    """Genie for one caller and question: requests go out once, within the patience."""

    turn: Turn
    """The turn in which it is asked."""
    patience: Patience
    """How long it may take."""
    once: SendingOnce
    """The SDK, acting for the person or for Lakevisor."""
    limit: RateLimit
    """How many questions all servers together may ask."""
    sending: Sending = field(default_factory=Sending)
    """How its question comes to be sent."""

    @classmethod
    async def of(
        cls,
        turn: Turn,
        settings: GenieSettings,
        *,
        at_most: float,
        sending: Sending | None = None,
    ) -> GenieClient:
        """Return the client of a turn, which may take so many seconds.

        Raises:
            Unanswered: it must act for the person, and there is no token of theirs.
        """
        from lakevisor_genie.sending_once import sending_once

        workspace = await _acting(turn, settings)
        return cls(
            turn=turn,
            patience=Patience.of(turn, at_most=at_most),
            once=sending_once(workspace),
            limit=turn.rate_limits.of("genie", per_minute=settings.questions_per_minute),
            sending=sending or Sending(),
        )

    @property
    def genie(self) -> GenieAPI:
        """Return the SDK's API; call its methods through `call`."""
        return self.once.genie

    @property
    def statements(self) -> StatementExecutionAPI:
        """Return the API of the results' further chunks."""
        return self.once.statements

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Send one request.

        Raises:
            Unanswered: it got no answer, or a refusal.
            DatabricksError: the credentials are not accepted; that is the host's to tell.
        """
        try:
            async with asyncio.timeout(min(_REQUEST_SECONDS, self.patience.left())):
                return await self.turn.call(lambda: self.once(function, *args, **kwargs))
        except TimeoutError as error:
            if self.patience.left() <= 0:
                raise self.patience.is_over() from error
            raise Unanswered(Unreachable()) from error
        except OSError as error:
            found = no_answer(error)
            if found is None:
                raise
            raise Unanswered(found) from error
        except MALFORMED as error:
            raise Unanswered(Unreachable()) from error

    async def patiently(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Send a request that changes nothing, again and again until it is answered.

        Raises:
            Unanswered: it was refused, or there was no answer within the patience.
        """
        pauses = Pauses()
        while True:
            try:
                return await self.call(function, *args, **kwargs)
            except Unanswered as fault:
                match fault.outcome:
                    case Throttled():
                        await self.until_allowed(fault.outcome)
                    case Unreachable():
                        seconds = pauses.after("unreachable")
                        if seconds > self.patience.left():
                            raise
                        await self.patience.pause(seconds)
                    case _:
                        raise

    async def until_allowed(self, throttled: Throttled) -> None:
        """Wait until the workspace takes requests again.

        Raises:
            Unanswered: that is too late; it says in how many seconds.
        """
        seconds = throttled.seconds or _DEFAULT_RETRY_SECONDS
        if seconds > self.patience.left():
            raise Unanswered(Throttled(seconds=seconds))
        await self.patience.pause(seconds)

    async def ask(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Send a question when it is its turn among those of all people and servers.

        What it waits for that does not count as Genie's time.

        Raises:
            Unanswered: it got no answer, a refusal, or no slot before the turn's end.
        """
        for _ in range(_THROTTLED_AT_MOST):
            place = self.sending.take_place()
            slot = self.limit.slot(
                within=self.patience.for_its_turn(), waiting=self._waiting, place=place
            )
            try:
                async with slot:
                    await self.sending.before()
                    self.patience.begin_again()
                    return await self.call(function, *args, **kwargs)
            except NoSlot as refused:
                raise Unanswered(Throttled(seconds=refused.seconds, place=place)) from refused
            except Unanswered as fault:
                if not isinstance(fault.outcome, Throttled):
                    raise
                # Whoever is next, on whichever server, would get the same answer.
                await self.limit.throttled(fault.outcome.seconds or _DEFAULT_RETRY_SECONDS)
        raise Unanswered(Throttled())

    def _waiting(self, seconds: float) -> None:
        self.sending.due = time.time() + seconds
        self.turn.progress(f"Genie has many questions; yours is next in about {seconds:.0f} s…")


async def _acting(turn: Turn, settings: GenieSettings) -> WorkspaceClient:
    """Return who asks: the person, where there is a token and the settings allow it."""
    if settings.on_behalf_of_user == "never":
        return turn.workspace
    persons = await turn.user_workspace()
    if persons is None and settings.on_behalf_of_user == "required":
        raise Unanswered(NoAccess(is_token_missing=True))
    return persons or turn.workspace
