"""One attempt at a turn, under its lease: begin or resume, run the graph, store the answer."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

from langchain_core.messages import AnyMessage, HumanMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from psycopg import DatabaseError

from lakevisor.config import SECRETS, Settings
from lakevisor.errors import LakebaseError, LeaseLost, TurnSuperseded
from lakevisor.graph import (
    CHARS_PER_TOKEN,
    SUPERVISOR,
    DirectCall,
    Emit,
    Limits,
    State,
    SupervisorGraph,
    TurnContext,
    current_turn,
    is_reply_part,
    new_turn,
    turns,
)
from lakevisor.ledger import LaunchLimits, Lease, Ledger, TurnOperations, TurnRateLimits
from lakevisor.ledger.postgres import is_lease_lost
from lakevisor.supervisor.acceptance import reaction_to
from lakevisor.supervisor.background import Background
from lakevisor.supervisor.caller import Caller
from lakevisor.supervisor.earlier import messages_of
from lakevisor.supervisor.finished import finished, operations_of
from lakevisor.supervisor.lease_keeper import kept
from lakevisor.supervisor.notices import Notices
from lakevisor.supervisor.request import Request
from lakevisor.supervisor.room import Room
from lakevisor.supervisor.tracing import Tracing, TurnTrace
from lakevisor.workspace import WorkspaceConnection
from lakevisor_plugin import Answered, Turn, TurnFinished

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

logger = logging.getLogger(__name__)

RELEASE_SECONDS = 0.5
"""How long a turn that failed tries to end its lease."""

STEPS_PER_MODEL_CALL = 3
"""Graph steps that one model call can bring with it, with room: LangGraph's own limit is 10,007."""


@dataclass(frozen=True, kw_only=True)
class TurnRun:
    """The turn that holds the lease of its thread."""

    request: Request
    action: DirectCall | None
    """What the request does by itself, without a model."""
    caller: Caller
    lease: Lease
    graph: SupervisorGraph
    """With a saver whose every write checks the fence of the lease."""
    ledger: Ledger
    tracing: Tracing
    settings: Settings
    workspace: WorkspaceConnection
    notices: Notices
    room: Room
    background: Background

    async def work(self, emit: Emit) -> TurnFinished:
        """Work on the turn until its answer is stored, and return it.

        Raises:
            LakevisorError: the turn did not come to its end; its lease is ended, and the same
                request finds what was done when it is sent again.
        """
        try:
            async with kept(self.ledger.turns, self.lease):
                with self.tracing.turn(self.lease, self.request.text) as trace:
                    answer = await self._answer(trace, emit)
                    trace.answered(answer)
                    return answer
        except BaseException:
            await asyncio.shield(self._release())
            raise

    async def _release(self) -> None:
        """End the lease, so that the request can be sent again at once.

        Where Lakebase does not answer, the lease ends by itself, and what the turn raised is said
        without waiting for it once more.
        """
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await self.ledger.turns.release(self.lease)
        except (LakebaseError, TimeoutError) as error:
            logger.warning(
                "A lease could not be ended, and runs out: %s",
                type(error).__name__,
                extra={"action": "lease_release"},
            )

    async def _answer(self, trace: TurnTrace, emit: Emit) -> TurnFinished:
        context = self._context(trace)
        turn = await self._run(context, emit)
        known = {each.run_id for each in operations_of(turn)}
        ended, told = await self.notices.collect(self.lease, context.turn, known=known)
        for notice in ended:
            emit(Answered(agent=notice.operation.agent, text=notice.text))
        answer = finished(turn, context, ended)
        await self._prune()
        await self.ledger.turns.finish(self.lease, answer.model_dump(mode="json"), told=told)
        return answer

    async def _run(self, context: TurnContext, emit: Emit) -> Sequence[AnyMessage]:
        """Return the turn's messages after the graph has run, as far as it still had to."""
        if not self.lease.is_resumed:
            return await self._run_graph(await self._new_turn(emit), context, emit)
        snapshot = await self.graph.aget_state(self._config)
        messages: Sequence[AnyMessage] = snapshot.values.get("messages", ())
        mine = [each for each in turns(messages) if each[0].id == self.request.turn_id]
        if not mine:
            return await self._run_graph(await self._new_turn(emit), context, emit)
        is_last = mine[0][0] is current_turn(messages)[0]
        if not is_last:
            raise TurnSuperseded
        # What an earlier attempt has said is a part of the reply, and nobody may have heard it.
        for part in filter(is_reply_part, mine[0]):
            emit(Answered(agent=str(part.name or SUPERVISOR), text=part.text))
        return await self._run_graph(None, context, emit) if snapshot.tasks else mine[0]

    async def _run_graph(
        self, given: State | None, context: TurnContext, emit: Emit
    ) -> Sequence[AnyMessage]:
        state: State = {}
        parts = self.graph.astream(
            given,
            self._config,
            context=context,
            stream_mode=["custom", "values"],
            durability="sync",
        )
        try:
            # With several modes it yields pairs of mode and value, which its types do not say.
            async for mode, value in cast("AsyncIterator[tuple[str, Any]]", parts):
                if mode == "custom":
                    emit(value)
                else:
                    state = value
        except DatabaseError as error:
            if is_lease_lost(error):
                raise LeaseLost(self.lease.thread_id) from error
            raise
        return current_turn(state["messages"])

    async def _prune(self) -> None:
        """Delete all but the latest checkpoint: a finished turn is never gone back into."""
        saver = self.graph.checkpointer
        assert isinstance(saver, BaseCheckpointSaver), "the graph of a turn has its saver"
        try:
            await saver.aprune([self.lease.thread_key])
        except DatabaseError as error:
            # What is left over goes with the next turn.
            logger.warning(
                "Old checkpoints of a thread stay for now: %s",
                type(error).__name__,
                extra={"action": "prune_failed"},
            )

    async def _new_turn(self, emit: Emit) -> State:
        said = SECRETS.content(self.request.text)
        message = HumanMessage(said, id=self.request.turn_id)
        reaction = await reaction_to(self.request, self.ledger.proposals, self.lease)
        if reaction.said:
            emit(Answered(agent=SUPERVISOR, text=reaction.said))
        return new_turn(
            message,
            accepted=reaction.accepted,
            action=self.action,
            said=reaction.said,
            is_answered=reaction.is_all,
            earlier=await self._earlier(),
        )

    async def _earlier(self) -> Sequence[AnyMessage]:
        """Return what the client says was said before, if the thread knows nothing."""
        if not self.request.history:
            return ()
        snapshot = await self.graph.aget_state(self._config)
        if snapshot.values.get("messages"):
            return ()
        room = self.settings.supervisor.window_tokens * CHARS_PER_TOKEN
        return messages_of(self.request, max_chars=room)

    @property
    def _config(self) -> RunnableConfig:
        return {
            "configurable": {"thread_id": self.lease.thread_key},
            "recursion_limit": self.settings.model.max_calls_per_turn * STEPS_PER_MODEL_CALL,
        }

    def _context(self, trace: TurnTrace) -> TurnContext:
        seconds = self.settings.turn.deadline_seconds
        operations = self._operations(trace)
        turn = Turn(
            thread_id=self.lease.thread_id,
            turn_id=self.lease.turn_id,
            workspace=self.workspace.client,
            operations=operations.for_call("", "", may_change=False),
            is_resumed=self.lease.is_resumed,
            begun_at=self.lease.begun_at,
            make_user_workspace=self._user_workspace(),
            begin_work=self.background.begin,
            names=self.caller.names,
            trace_id=trace.trace_id,
            spans=trace.spans,
            rate_limits=TurnRateLimits(slots=self.ledger.slots, owner=self.lease.owner),
            deadline=time.monotonic() + seconds,
            tell=lambda _: None,
        )
        return TurnContext(
            turn=turn,
            operations=replace(operations, make_room=partial(self.room.make, turn=turn)),
            proposals=self.ledger.proposals,
            audit=self.ledger.audit,
            limits=Limits(
                model_calls=self.settings.model.max_calls_per_turn,
                model_seconds=self.settings.model.timeout_seconds,
                turn_seconds=seconds,
                proposal_seconds=self.settings.turn.proposal_seconds,
            ),
        )

    def _user_workspace(self) -> Callable[[], WorkspaceClient] | None:
        """Return what makes the client of the person's own token, once; None without a token."""
        token = self.caller.user_token
        if token is None:
            return None
        # A function, and no value that holds the token: nothing that is printed or traced shows it.
        return cache(lambda: self.workspace.client_of_user(token.get_secret_value()))

    def _operations(self, trace: TurnTrace) -> TurnOperations:
        limits = self.settings.limits
        return TurnOperations(
            store=self.ledger.operations,
            lease=self.lease,
            limits=LaunchLimits(
                launches_per_hour=limits.launches_per_hour,
                running_per_owner=limits.running_per_person,
                running_per_job=limits.running_per_job,
            ),
            is_administrator=not self.caller.names.isdisjoint(
                self.settings.operations.administrators
            ),
            trace_id=trace.trace_id,
            spans=trace.spans,
            tell_launched=trace.launched,
        )
