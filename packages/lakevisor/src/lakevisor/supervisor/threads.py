"""The threads of a caller: what there are, what was said in them, and their end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AnyMessage

from lakevisor.checkpoints import Checkpoints
from lakevisor.errors import InvalidThreadId, ThreadNotFound
from lakevisor.graph import SUPERVISOR, SupervisorGraph, is_reply_part, turns
from lakevisor.lakebase import translated_database_errors
from lakevisor.ledger import Lease, Ledger, OwnerKey
from lakevisor.ledger.values import ThreadRecord
from lakevisor.supervisor.request import Request, is_id

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """Something that was said in a thread."""

    turn_id: str
    """The request with which its turn began."""
    role: str
    """`user` or `assistant`."""
    agent: str | None
    """Who of us said it."""
    text: str


@dataclass(frozen=True, kw_only=True)
class CallersThreads:
    """The threads of one caller; another's do not exist."""

    owner: OwnerKey
    ledger: Ledger
    checkpoints: Checkpoints
    graph: SupervisorGraph
    take: Callable[[Request, OwnerKey], Awaitable[Any]]
    """Begins a turn: as long as it has the thread, nobody else works on it."""
    saver: Callable[[Lease], BaseCheckpointSaver[str]]

    async def list(self, *, limit: int) -> Sequence[ThreadRecord]:
        """Return the threads, the one with the latest turn first."""
        return await self.ledger.threads.list(self.owner, limit=limit)

    async def read(self, thread_id: str) -> Sequence[Utterance]:
        """Return what was said in the latest turns of a thread, oldest first.

        Raises:
            ThreadNotFound: the caller has no such thread.
        """
        key = await self._key(thread_id)
        with translated_database_errors(
            address=self.checkpoints.address, role=self.checkpoints.role
        ):
            saver = self.checkpoints.saver(_write_nothing)
            graph = self.graph.copy(update={"checkpointer": saver})
            state = await graph.aget_state({"configurable": {"thread_id": key}})
        said = turns(state.values.get("messages", ()))
        return [each for turn in said for each in _utterances(turn)]

    async def delete(self, thread_id: str) -> None:
        """Delete what was said in a thread; what was started in it stays known.

        Raises:
            ThreadNotFound: the caller has no such thread.
            ThreadBusy: a turn works on it.
        """
        key = await self._key(thread_id)
        lease = await self.take(Request(text="delete", thread_id=thread_id), self.owner)
        with translated_database_errors(
            address=self.checkpoints.address, role=self.checkpoints.role
        ):
            await self.saver(lease).adelete_thread(key)
        await self.ledger.threads.forget(lease)

    async def _key(self, thread_id: str) -> str:
        if not is_id(thread_id):
            raise InvalidThreadId(thread_id)
        key = Request(text="", thread_id=thread_id).thread_key(self.owner)
        if not await self.ledger.threads.list(self.owner, thread_key=key, limit=1):
            raise ThreadNotFound(thread_id)
        return key


def _utterances(turn: Sequence[AnyMessage]) -> Sequence[Utterance]:
    asked, *others = turn
    turn_id = str(asked.id)
    said = [Utterance(turn_id=turn_id, role="user", agent=None, text=asked.text)]
    for each in others:
        if is_reply_part(each):
            agent = str(each.name or SUPERVISOR)
            said.append(Utterance(turn_id=turn_id, role="assistant", agent=agent, text=each.text))
    return said


async def _write_nothing(_: Any) -> None:
    raise AssertionError("a thread that is read is not written to")
