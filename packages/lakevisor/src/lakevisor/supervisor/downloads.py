"""The file behind an answer, for the owner of its thread, past the graph and every model."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from lakevisor.errors import DownloadFailed, LakevisorError, NothingToDownload
from lakevisor.ledger import Lease, Ledger, OwnerKey, TurnOperations, TurnRateLimits
from lakevisor.registry import EnabledAgent
from lakevisor.supervisor.caller import Caller
from lakevisor.supervisor.request import Request
from lakevisor.workspace import WorkspaceConnection, translated
from lakevisor_plugin import DOWNLOAD, QUESTION, Downloaded, ToolFault, Turn

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

logger = logging.getLogger(__name__)

SECONDS = 3600.0
"""How long a download may take: the query may have to run again first."""
_NO_FENCE = 0
"""The fence of a lease that was never given: what is written under it is refused."""


@dataclass(frozen=True, kw_only=True)
class DownloadRequest:
    """Which answer's file is wanted. Its owner is who asks; nobody else's thread can be named."""

    thread_id: str
    """The conversation."""
    turn_id: str
    """The turn whose answer it is."""

    def thread_key(self, owner: OwnerKey) -> str:
        """Return the key of the thread, which is made with the owner's name."""
        return Request(text="", thread_id=self.thread_id).thread_key(owner)


@dataclass(frozen=True, kw_only=True)
class Downloads:
    """Finds the agent that has the file, and lets it bring it."""

    ledger: Ledger
    workspace: WorkspaceConnection
    caller: Caller
    agents: Mapping[str, EnabledAgent]
    """By name."""

    async def parts(
        self, request: DownloadRequest, tell: Callable[[str], None]
    ) -> AsyncGenerator[bytes | Downloaded]:
        """Yield the file behind the last answer of a turn that has one; the end is `Downloaded`.

        Raises:
            NothingToDownload: there is no such answer, for this owner.
            WorkspaceError: the file cannot be had, or not to its end.
        """
        agent, data = await self._found(request)
        bring = agent.sub_agent.download
        assert bring is not None, "an agent without it was not found"
        last: bytes | Downloaded = b""
        with _told_failures(agent.name):
            turn = self._turn(request, agent.name, tell)
            brought = bring(agent.settings, data[DOWNLOAD], turn)
            # Closed here when nobody reads on, and not whenever memory is cleared up.
            async with aclosing(cast("Any", brought)):
                async for last in brought:
                    yield last
        if not isinstance(last, Downloaded):
            raise DownloadFailed

    async def question(self, request: DownloadRequest) -> str:
        """Return the question that the file answers; empty where the answer does not name it.

        Raises:
            NothingToDownload: there is no such answer, for this owner.
        """
        _, data = await self._found(request)
        return str(data.get(QUESTION) or "")

    async def _found(self, request: DownloadRequest) -> tuple[EnabledAgent, Mapping[str, Any]]:
        key = request.thread_key(self._owner)
        stored = await self.ledger.turns.answer(key, request.turn_id)
        answer = stored.answer if stored is not None else None
        for name, data in reversed(list(_told(cast("Any", answer)))):
            agent = self.agents.get(name)
            if agent and agent.sub_agent.download and isinstance(data.get(DOWNLOAD), str):
                return agent, data
        raise NothingToDownload

    def _turn(self, request: DownloadRequest, agent: str, tell: Callable[[str], None]) -> Turn:
        lease = Lease(
            owner=self._owner,
            thread_key=request.thread_key(self._owner),
            thread_id=request.thread_id,
            turn_id=request.turn_id,
            fence=_NO_FENCE,
            holder="",
            seconds=0,
            is_resumed=False,
            begun_at=datetime.now(UTC),
        )
        operations = TurnOperations(store=self.ledger.operations, lease=lease)
        return Turn(
            thread_id=request.thread_id,
            turn_id=request.turn_id,
            workspace=self.workspace.client,
            operations=operations.for_call(agent, "", may_change=False),
            rate_limits=TurnRateLimits(slots=self.ledger.slots, owner=self._owner),
            deadline=time.monotonic() + SECONDS,
            tell=tell,
            names=self.caller.names,
            make_user_workspace=self._user_workspace(),
        )

    @property
    def _owner(self) -> OwnerKey:
        return self.caller.owner_in(self.workspace)

    def _user_workspace(self) -> Callable[[], WorkspaceClient] | None:
        token = self.caller.user_token
        if token is None:
            return None
        return cache(lambda: self.workspace.client_of_user(token.get_secret_value()))


def _told(answer: Mapping[str, Any] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the agent and the data of each part of a stored answer."""
    outputs = (answer or {}).get("custom_outputs", {})
    for each in outputs.get("answers", ()):
        yield str(each["agent"]), each["data"]
    for each in outputs.get("notices", ()):
        yield str(each["operation"]["agent"]), each["data"]


@contextmanager
def _told_failures(agent: str) -> Iterator[None]:
    try:
        with translated():
            yield
    except LakevisorError:
        raise
    except ToolFault as fault:
        raise DownloadFailed(fault.message) from fault
    # A plugin's function may raise anything; the details stay in the log.
    except Exception as error:
        logger.exception("The download of %r failed.", agent, extra={"action": "download_failed"})
        raise DownloadFailed from error
