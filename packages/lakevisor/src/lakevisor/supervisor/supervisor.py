"""One turn, from the request to the stored answer, as a stream of events."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lakevisor.checkpoints import Checkpoints
from lakevisor.config import Settings
from lakevisor.errors import ThreadBusy
from lakevisor.graph import DirectCall, Emit, SupervisorGraph
from lakevisor.lakebase import translated_database_errors
from lakevisor.ledger import Lease, Ledger, OwnerKey, StoredAnswer, TurnStart
from lakevisor.ledger.postgres import require_fence
from lakevisor.registry import EnabledAgent, Registry
from lakevisor.supervisor.actions import direct_call
from lakevisor.supervisor.background import Background
from lakevisor.supervisor.caller import Caller
from lakevisor.supervisor.downloads import DownloadRequest, Downloads
from lakevisor.supervisor.looks import Looks
from lakevisor.supervisor.notices import Notices
from lakevisor.supervisor.opening import ledger_schema
from lakevisor.supervisor.places import Places
from lakevisor.supervisor.request import Request
from lakevisor.supervisor.room import Room
from lakevisor.supervisor.sweep import Sweep, window_of
from lakevisor.supervisor.threads import CallersThreads
from lakevisor.supervisor.tracing import Tracing
from lakevisor.supervisor.turn_run import TurnRun
from lakevisor.workspace import WorkspaceConnection
from lakevisor_plugin import Answered, Downloaded, Event, TurnFinished, TurnStarted

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from psycopg import AsyncCursor

BUSY_PAUSE = 0.1
"""Seconds between two looks whether a thread is free."""


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """A supervisor that is connected and ready. Many turns may run at the same time."""

    settings: Settings
    registry: Registry
    workspace: WorkspaceConnection
    checkpoints: Checkpoints
    ledger: Ledger
    tracing: Tracing
    graph: SupervisorGraph
    background: Background = field(default_factory=Background)
    """What goes on after the turns."""
    _running: set[asyncio.Task[None]] = field(default_factory=set, init=False, repr=False)

    def check(self, request: Request) -> DirectCall | None:
        """Refuse what cannot be a request, and return the tool call that it is, if it is one.

        Raises:
            RequestError: the request cannot be taken.
        """
        request.check(max_input_chars=self.settings.supervisor.max_input_chars)
        return direct_call(request, self.registry)

    async def ask(self, request: Request, *, caller: Caller | None = None) -> TurnFinished:
        """Work on a request to its end and return what came of it.

        Args:
            request: as in `stream`.
            caller: as in `stream`.

        Raises:
            LakevisorError: as `stream`.
        """
        finished: Event | None = None
        async for event in self.stream(request, caller=caller):
            finished = event
        assert isinstance(finished, TurnFinished), "a stream that ends has ended with the turn"
        return finished

    async def stream(
        self, request: Request, *, caller: Caller | None = None, outlives_client: bool = True
    ) -> AsyncIterator[Event]:
        """Work on a request and yield its events; the last one is `TurnFinished`.

        A request that was answered before is answered the same, and nothing is done again.

        Args:
            request: what the person sends.
            caller: who sends it; without one, the identity of this process.
            outlives_client: whether the turn goes on when nobody reads its events any more.

        Raises:
            RequestError: the request cannot be taken; nothing was done.
            LakebaseError: the thread cannot be read or written.
            ServerBusy: it found no place; nothing was done.
            TurnError: the model failed, or the turn reached a limit; the same request may be
                sent again.
        """
        action = self.check(request)
        events: asyncio.Queue[Event | None] = asyncio.Queue()
        caller = caller or Caller.of_process(self.workspace)
        work = self._work(request, caller, events, action=action)
        task = asyncio.create_task(work, name=f"turn {request.turn_id}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        try:
            while (event := await events.get()) is not None:
                yield event
            await task
        finally:
            if not outlives_client:
                task.cancel()
                # Until it has let its thread go.
                await asyncio.wait({task})
            # What the turn raised was raised above, unless nobody reads any more.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def download(
        self,
        request: DownloadRequest,
        *,
        caller: Caller | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> AsyncGenerator[bytes | Downloaded]:
        """Yield the file behind an answer, piece by piece; the last part is `Downloaded`.

        Args:
            request: which answer's; only of a thread of the caller's own.
            caller: who asks for it; without one, the identity of this process.
            tell: is told how far it is.

        Raises:
            NothingToDownload: there is no such answer, or it has no file.
            WorkspaceError: the file cannot be had; what was yielded is not whole.
            LakebaseError: the answer cannot be read.
        """
        address, role = self.checkpoints.address, self.checkpoints.role
        with translated_database_errors(address=address, role=role):
            async with aclosing(self._downloads(caller).parts(request, tell)) as parts:
                async for part in parts:
                    yield part

    async def question_of(self, request: DownloadRequest, *, caller: Caller | None = None) -> str:
        """Return the question that the file behind an answer is to; empty where it is not named.

        Raises:
            NothingToDownload: there is no such answer, or it has no file.
            LakebaseError: the answer cannot be read.
        """
        address, role = self.checkpoints.address, self.checkpoints.role
        with translated_database_errors(address=address, role=role):
            return await self._downloads(caller).question(request)

    def _downloads(self, caller: Caller | None) -> Downloads:
        return Downloads(
            ledger=self.ledger,
            workspace=self.workspace,
            caller=caller or Caller.of_process(self.workspace),
            agents=self._agents,
        )

    def threads_of(self, caller: Caller) -> CallersThreads:
        """Return the threads of a caller."""
        return CallersThreads(
            owner=caller.owner_in(self.workspace),
            ledger=self.ledger,
            checkpoints=self.checkpoints,
            graph=self.graph,
            take=self._begin,
            saver=self._saver,
        )

    async def drain(self, seconds: float) -> None:
        """Wait for the turns that still run, and cancel those that take longer."""
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _work(
        self,
        request: Request,
        caller: Caller,
        events: asyncio.Queue[Event | None],
        *,
        action: DirectCall | None,
    ) -> None:
        def emit(event: Event) -> None:
            self.registry.hooks.observe(event)
            events.put_nowait(event)

        try:
            address, role = self.checkpoints.address, self.checkpoints.role
            with translated_database_errors(address=address, role=role):
                async with self._places.taken():
                    emit(await self._answer(request, caller, emit, action=action))
        finally:
            events.put_nowait(None)

    async def _answer(
        self, request: Request, caller: Caller, emit: Emit, *, action: DirectCall | None
    ) -> TurnFinished:
        owner = caller.owner_in(self.workspace)
        begun = await self._begin(request, owner)
        thread_id = request.thread_of(owner)
        emit(TurnStarted(thread_id=thread_id, turn_id=request.turn_id))
        if isinstance(begun, StoredAnswer):
            answer = TurnFinished.model_validate(begun.answer)
            emit(Answered(agent=answer.agent, text=answer.text))
            return answer
        run = TurnRun(
            request=request,
            action=action,
            caller=caller,
            lease=begun,
            graph=self.graph.copy(update={"checkpointer": self._saver(begun)}),
            ledger=self.ledger,
            tracing=self.tracing,
            settings=self.settings,
            workspace=self.workspace,
            notices=Notices(store=self.ledger.operations, looks=self._room.looks),
            room=self._room,
            background=self.background,
        )
        return await run.work(emit)

    async def _begin(self, request: Request, owner: OwnerKey) -> StoredAnswer | Lease:
        """Take the thread, waiting a while for another turn that works on it."""
        start = TurnStart(
            owner=owner,
            thread_key=request.thread_key(owner),
            thread_id=request.thread_of(owner),
            turn_id=request.turn_id,
            body_digest=request.body_digest(),
            holder=uuid4().hex,
            lease_seconds=self.settings.turn.lease_seconds,
        )
        began = time.monotonic()
        while True:
            try:
                return await self.ledger.turns.begin(start)
            except ThreadBusy as error:
                waited = time.monotonic() - began
                if waited >= self.settings.turn.wait_seconds:
                    raise ThreadBusy(start.thread_id, waited_seconds=waited) from error
            await asyncio.sleep(BUSY_PAUSE)

    def _saver(self, lease: Lease) -> BaseCheckpointSaver[str]:
        """Return a saver whose every write needs the lease."""
        query = require_fence(ledger_schema(self.settings.lakebase))
        values = {"thread_key": lease.thread_key, "fence": lease.fence}

        async def require(cursor: AsyncCursor[Any]) -> None:
            await cursor.execute(query, values)

        return self.checkpoints.saver(require)

    @property
    def sweep(self) -> Sweep:
        """What looks for launches whose answer was lost, and clears up."""
        return Sweep(
            ledger=self.ledger,
            agents=self._agents,
            workspace=self.workspace,
            window=window_of(self.settings),
            responses_kept=timedelta(hours=self.settings.serving.background.kept_hours),
            answers_kept=timedelta(days=self.settings.turn.answers_kept_days),
        )

    @cached_property
    def _places(self) -> Places:
        turn = self.settings.turn
        return Places(at_once=turn.at_once, wait_seconds=turn.wait_seconds)

    @cached_property
    def _room(self) -> Room:
        return Room(looks=Looks(store=self.ledger.operations, agents=self._agents))

    @property
    def _agents(self) -> Mapping[str, EnabledAgent]:
        return {agent.name: agent for agent in self.registry.agents}
