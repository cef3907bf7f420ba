"""The nodes in which a model speaks: the supervisor's and the sub-agents'."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import AIMessage, AnyMessage
from langchain_core.runnables import Runnable
from langgraph.graph import END
from langgraph.runtime import Runtime
from langgraph.types import Command

from lakevisor.errors import ModelError
from lakevisor.graph.budget_callback import BudgetCallback
from lakevisor.graph.context import TurnContext
from lakevisor.graph.messages import SUPERVISOR, reply_part
from lakevisor.graph.model_call import Speaker
from lakevisor.graph.spans_of_runs import SpansOfRuns
from lakevisor.graph.state import State, after_answer
from lakevisor.graph.view import agent_view, supervisor_view
from lakevisor_plugin import AgentStarted, Answered

TOOLS = "tools"


@dataclass(frozen=True, kw_only=True)
class SupervisorNode:
    """Answers itself, or calls hand-offs and shortcuts: one model call."""

    speaker: Speaker
    window_tokens: int

    async def __call__(self, state: State, runtime: Runtime[TurnContext]) -> Command[str]:
        """Speak, and go on to the tools or to the end."""
        emit = runtime.stream_writer
        emit(AgentStarted(agent=SUPERVISOR))
        view = supervisor_view(state["messages"], window_tokens=self.window_tokens)
        with runtime.context.turn.span(SUPERVISOR, kind="agent") as span:
            message = await self.speaker.speak(view, runtime.context, emit)
            span.set_attributes(calls=_names_of_calls(message))
            span.set_outputs(message)
        update: State = {"messages": [message], "assignments": []}
        if message.tool_calls:
            return Command(goto=TOOLS, update=update)
        emit(Answered(agent=SUPERVISOR, text=message.text, streamed=True))
        return Command(goto=END, update=update)


@dataclass(frozen=True, kw_only=True)
class AgentNode:
    """A sub-agent that is a prompt and tools: calls its tools, or answers."""

    speaker: Speaker
    tools: Collection[str]
    window_tokens: int

    async def __call__(self, state: State, runtime: Runtime[TurnContext]) -> Command[str]:
        """Speak, and go on to the tools, back to the supervisor or to the end."""
        emit = runtime.stream_writer
        emit(AgentStarted(agent=self.speaker.agent))
        view = agent_view(
            state["messages"],
            agent=self.speaker.agent,
            tools=self.tools,
            task=state["assignments"][0]["task"],
            window_tokens=self.window_tokens,
        )
        task = state["assignments"][0]["task"]
        with runtime.context.turn.span(self.speaker.agent, kind="agent", inputs=task) as span:
            message = await self.speaker.speak(view, runtime.context, emit)
            span.set_attributes(calls=_names_of_calls(message))
            span.set_outputs(message)
        if message.tool_calls:
            return Command(goto=TOOLS, update={"messages": [message]})
        emit(Answered(agent=self.speaker.agent, text=message.text, streamed=True))
        return _answered(state, message)


@dataclass(frozen=True, kw_only=True)
class OwnGraphNode:
    """A sub-agent that is a compiled LangGraph graph of its own, over `messages`."""

    agent: str
    graph: Runnable[Any, Any]
    window_tokens: int

    async def __call__(self, state: State, runtime: Runtime[TurnContext]) -> Command[str]:
        """Let the graph answer; its last message is the answer."""
        emit = runtime.stream_writer
        emit(AgentStarted(agent=self.agent))
        view = agent_view(
            state["messages"],
            agent=self.agent,
            tools=(),
            task=state["assignments"][0]["task"],
            window_tokens=self.window_tokens,
        )
        task = state["assignments"][0]["task"]
        with runtime.context.turn.span(self.agent, kind="agent", inputs=task) as span:
            last = await self._answer(view, runtime.context)
            span.set_outputs(last)
        emit(Answered(agent=self.agent, text=last.text))
        # What a graph of one's own has read is not seen here.
        return _answered(state, reply_part(self.agent, last.text), read_outside=True)

    async def _answer(self, view: Sequence[AnyMessage], context: TurnContext) -> AIMessage:
        """Return the last message of the graph, which is its answer.

        Raises:
            ModelError: there is none.
        """
        with SpansOfRuns(context.turn) as spans:
            callbacks: list[BaseCallbackHandler] = [BudgetCallback(context), spans]
            result = await self.graph.ainvoke({"messages": view}, {"callbacks": callbacks})
        last = result["messages"][-1]
        if not isinstance(last, AIMessage) or not last.text.strip():
            raise ModelError(f"The agent {self.agent!r} gave no answer.")
        return last


def _names_of_calls(message: AIMessage) -> str | None:
    """Return which tools a message calls, joined by commas."""
    return ",".join(call["name"] for call in message.tool_calls) or None


def _answered(state: State, message: AIMessage, *, read_outside: bool = False) -> Command[str]:
    goto, left = after_answer(state["assignments"])
    update: State = {"messages": [message], "assignments": left, "read_outside": read_outside}
    return Command(goto=goto, update=update)
