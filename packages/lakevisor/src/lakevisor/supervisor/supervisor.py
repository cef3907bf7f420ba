"""One turn, from the request to the stored answer, as a stream of events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig
from pydantic import JsonValue

from lakevisor.checkpoints import Checkpoints
from lakevisor.config import Settings
from lakevisor.graph import (
    SUPERVISOR,
    Limits,
    State,
    SupervisorGraph,
    TurnContext,
    current_turn,
    new_turn,
    reply_text,
)
from lakevisor.lakebase import translated_database_errors
from lakevisor.ledger import ThreadOperations
from lakevisor.registry import Registry
from lakevisor.supervisor.request import Request
from lakevisor.workspace import WorkspaceConnection
from lakevisor_plugin import Event, Turn, TurnFinished, TurnStarted

STEPS_PER_MODEL_CALL = 3
"""Graph steps that one model call can bring with it, with room: LangGraph's own limit is 10,007."""


@dataclass(frozen=True, kw_only=True)
class Supervisor:
    """A supervisor that is connected and ready. Many turns may run at the same time."""

    settings: Settings
    registry: Registry
    workspace: WorkspaceConnection
    checkpoints: Checkpoints
    graph: SupervisorGraph

    async def ask(self, request: Request) -> TurnFinished:
        """Work on a request to its end and return what came of it.

        Raises:
            LakevisorError: as `stream`.
        """
        finished: Event | None = None
        async for event in self.stream(request):
            finished = event
        assert isinstance(finished, TurnFinished), "a stream that ends has ended with the turn"
        return finished

    async def stream(self, request: Request) -> AsyncIterator[Event]:
        """Work on a request and yield its events; the last one is `TurnFinished`.

        Raises:
            RequestError: the request cannot be taken; nothing was done.
            LakebaseError: the thread cannot be read or written.
            TurnError: the model failed, or the turn reached a limit.
        """
        request.check(max_input_chars=self.settings.supervisor.max_input_chars)
        context = self._context(request)
        yield self._observed(TurnStarted(thread_id=request.thread_id, turn_id=request.turn_id))
        state: State = {}
        role = self.checkpoints.role
        with translated_database_errors(address=self.checkpoints.address, role=role):
            async for mode, value in self._run(request, context):
                if mode == "custom":
                    yield self._observed(value)
                else:
                    state = value
        yield self._observed(_finished(request, context, state))

    async def _run(self, request: Request, context: TurnContext) -> AsyncIterator[tuple[str, Any]]:
        graph = self.graph.copy(update={"checkpointer": self.checkpoints.saver()})
        config: RunnableConfig = {
            "configurable": {"thread_id": self._thread_key(request)},
            "recursion_limit": self.settings.model.max_calls_per_turn * STEPS_PER_MODEL_CALL,
        }
        message = HumanMessage(request.text, id=request.turn_id)
        parts = graph.astream(
            new_turn(message),
            config,
            context=context,
            stream_mode=["custom", "values"],
            durability="sync",
        )
        # With several modes it yields pairs of mode and value, which its types do not say.
        async for part in cast("AsyncIterator[tuple[str, Any]]", parts):
            yield part

    def _context(self, request: Request) -> TurnContext:
        seconds = self.settings.turn.deadline_seconds
        operations = ThreadOperations(thread_key=self._thread_key(request), turn_id=request.turn_id)
        turn = Turn(
            thread_id=request.thread_id,
            turn_id=request.turn_id,
            workspace=self.workspace.client,
            operations=operations,
            deadline=time.monotonic() + seconds,
            tell=lambda _: None,
        )
        limits = Limits(
            model_calls=self.settings.model.max_calls_per_turn,
            model_seconds=self.settings.model.timeout_seconds,
            turn_seconds=seconds,
        )
        return TurnContext(turn=turn, operations=operations, limits=limits)

    def _thread_key(self, request: Request) -> str:
        return request.thread_key(
            workspace_id=self.workspace.workspace_id, owner=self.workspace.user_name
        )

    def _observed(self, event: Event) -> Event:
        self.registry.hooks.observe(event)
        return event


def _finished(request: Request, context: TurnContext, state: State) -> TurnFinished:
    turn = current_turn(state["messages"])
    agent = str(turn[-1].name or SUPERVISOR)
    operations = context.operations.touched
    usage = {
        name: context.usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")
    }
    outputs: dict[str, JsonValue] = {
        "thread_id": request.thread_id,
        "agent": agent,
        "operations": [each.model_dump(mode="json") for each in operations],
        "answers": list(context.answers),
        "model_calls": context.model_calls,
        "usage": dict(usage),
    }
    for answer in context.answers:
        outputs[str(answer["agent"])] = answer["data"]
    return TurnFinished(
        thread_id=request.thread_id,
        turn_id=request.turn_id,
        agent=agent,
        text=reply_text(turn),
        operations=operations,
        custom_outputs=outputs,
        model_calls=context.model_calls,
        usage=usage,
    )
