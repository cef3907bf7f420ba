"""Genie's API as one question may use it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from lakevisor_genie.faults import MALFORMED, no_answer
from lakevisor_genie.outcomes import Throttled, Unanswered, Unreachable
from lakevisor_genie.patience import Patience, Pauses
from lakevisor_plugin import Turn

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import GenieAPI
    from databricks.sdk.service.sql import StatementExecutionAPI

    from lakevisor_genie.sending_once import SendingOnce

P = ParamSpec("P")
T = TypeVar("T")

_DEFAULT_RETRY_SECONDS = 5.0
"""How long is waited where the workspace takes no requests and does not say how long."""
_REQUEST_SECONDS = 20.0
"""After so long without an answer a request counts as lost; a look-up says what became of it."""


@dataclass(frozen=True, kw_only=True)
class GenieClient:
    """Genie for one caller and question: requests go out once, within the patience."""

    turn: Turn
    """The turn in which it is asked."""
    patience: Patience
    """How long it may take."""
    once: SendingOnce
    """The SDK."""

    @classmethod
    def of(cls, turn: Turn, *, at_most: float) -> GenieClient:
        """Return the client of a turn, which may take so many seconds."""
        from lakevisor_genie.sending_once import sending_once

        patience = Patience.of(turn, at_most=at_most)
        return cls(turn=turn, patience=patience, once=sending_once(turn.workspace))

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
        self.turn.progress(f"Genie has too many questions; going on in about {seconds:.0f} s…")
        await self.patience.pause(seconds)
