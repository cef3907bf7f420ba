"""The graph, put together from the registry and the models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal, TypeAlias

from langchain_core.language_models import BaseChatModel
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from lakevisor.config import SupervisorSettings
from lakevisor.graph.context import TurnContext
from lakevisor.graph.delegation import Delegation, plan_delegation
from lakevisor.graph.messages import SUPERVISOR
from lakevisor.graph.model_call import Speaker
from lakevisor.graph.prompts import supervisor_prompt
from lakevisor.graph.speakers import TOOLS, AgentNode, OwnGraphNode, SupervisorNode
from lakevisor.graph.state import State
from lakevisor.graph.tool_call import ToolRunner
from lakevisor.graph.tools_node import ToolsNode
from lakevisor.registry import EnabledAgent, Registry

SupervisorGraph: TypeAlias = CompiledStateGraph[State, TurnContext, State, State]
ModelFor: TypeAlias = Callable[[str], BaseChatModel]
"""Role (`supervisor` or an agent's name) to its chat model."""


def build_graph(
    registry: Registry, model_for: ModelFor, settings: SupervisorSettings
) -> SupervisorGraph:
    """Compile the supervisor graph; it is given its checkpointer for each turn.

    Args:
        registry: the enabled agents and the hooks.
        model_for: the chat model of each role.
        settings: the `supervisor` section of the configuration.
    """
    agents = registry.agents
    delegation = plan_delegation(
        agents, shortcuts=settings.shortcuts, token_budget=settings.shortcut_token_budget
    )
    graph = StateGraph(State, context_schema=TurnContext)
    names = tuple(agent.name for agent in agents)
    graph.add_node(
        SUPERVISOR,
        _supervisor(agents, delegation, model_for(SUPERVISOR), settings),
        destinations=(TOOLS, "__end__"),
    )
    tools = _tools(registry, delegation, settings)
    graph.add_node(TOOLS, tools, destinations=(SUPERVISOR, *names, "__end__"))
    for agent in agents:
        graph.add_node(
            agent.name,
            _agent(agent, model_for, settings),
            destinations=(TOOLS, SUPERVISOR, "__end__"),
        )
    graph.add_conditional_edges(START, _entry, {each: each for each in (SUPERVISOR, TOOLS, END)})
    return graph.compile(name="lakevisor")


def _entry(state: State) -> Literal["supervisor", "tools", "__end__"]:
    """Ask no model where the person has accepted what was proposed or said no, or acts directly."""
    if state.get("is_answered"):
        return "__end__"
    return "tools" if state.get("accepted") or state.get("action") else "supervisor"


def _supervisor(
    agents: Sequence[EnabledAgent],
    delegation: Delegation,
    model: BaseChatModel,
    settings: SupervisorSettings,
) -> SupervisorNode:
    speaker = Speaker(
        agent=SUPERVISOR,
        model=model.bind_tools([dict(each) for each in delegation.specifications])
        if agents
        else model,
        prompt=supervisor_prompt(settings.system_prompt, agents),
    )
    return SupervisorNode(speaker=speaker, window_tokens=settings.window_tokens)


def _tools(registry: Registry, delegation: Delegation, settings: SupervisorSettings) -> ToolsNode:
    agents = registry.agents
    runner = ToolRunner(
        tools=_tools_of(agents),
        hooks=registry.hooks,
        effects=frozenset(name for each in agents for name in each.sub_agent.effects),
        settle={
            each.name: partial(each.sub_agent.settle, each.settings)
            for each in agents
            if each.sub_agent.settle is not None
        },
        asks_after_outside=settings.confirm_after_outside,
    )
    return ToolsNode(runner=runner, delegation=delegation, max_hand_offs=settings.max_steps)


def _agent(
    agent: EnabledAgent, model_for: ModelFor, settings: SupervisorSettings
) -> AgentNode | OwnGraphNode:
    if agent.graph is not None:
        return OwnGraphNode(
            agent=agent.name, graph=agent.graph, window_tokens=settings.window_tokens
        )
    model = model_for(agent.name).bind_tools(agent.tools)
    return AgentNode(
        speaker=Speaker(agent=agent.name, model=model, prompt=agent.prompt),
        tools=frozenset(tool.name for tool in agent.tools),
        window_tokens=settings.window_tokens,
    )


def _tools_of(agents: Sequence[EnabledAgent]) -> dict[str, dict[str, Any]]:
    return {agent.name: {tool.name: tool for tool in agent.tools} for agent in agents}
