"""The SDK's Genie, with each request sent once.

The SDK sends every request again after a lost connection, a time-out, 429 and 503, a POST too; it
sleeps before that for as long as `Retry-After` says, in a thread that nobody can stop. Genie has
no idempotency token, so a question must not be sent twice without a look for the first one, and
how long is waited is the turn's to decide. The SDK's client asks its clock to sleep before each
repetition; this one refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from databricks.sdk import WorkspaceClient
from databricks.sdk.clock import RealClock
from databricks.sdk.core import ApiClient, Config
from databricks.sdk.service.dashboards import GenieAPI
from databricks.sdk.service.sql import StatementExecutionAPI

P = ParamSpec("P")
T = TypeVar("T")


class _Again(Exception):
    """The SDK was about to send a request again; the reason is this exception's context."""


class _OnceClock(RealClock):
    """A clock on which nobody waits for another try."""

    def sleep(self, seconds: float) -> None:
        """Refuse, whatever the time."""
        raise _Again(seconds)


class SendingOnce:
    """The APIs behind Genie for one client of the workspace."""

    def __init__(self, workspace: WorkspaceClient) -> None:
        """Share the client's address and credentials; connect to nothing."""
        config: Config = workspace.config.copy()  # type: ignore[no-untyped-call]
        config._clock = _OnceClock()  # noqa: SLF001 - it can be given to the constructor only
        client = ApiClient(config)
        self.genie = GenieAPI(client)  # type: ignore[no-untyped-call]
        self.statements = StatementExecutionAPI(client)  # type: ignore[no-untyped-call]

    def __call__(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a method of one of the APIs; raise what went wrong at the first try."""
        try:
            return function(*args, **kwargs)
        except _Again as refused:
            if refused.__context__ is None:
                raise
            raise refused.__context__ from None


_known: WeakKeyDictionary[WorkspaceClient, SendingOnce] = WeakKeyDictionary()


def sending_once(workspace: WorkspaceClient) -> SendingOnce:
    """Return the APIs for a client, the same ones each time: they keep its connections."""
    found = _known.get(workspace)
    if found is None:
        found = _known[workspace] = SendingOnce(workspace)
    return found
