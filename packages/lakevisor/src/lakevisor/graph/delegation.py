"""How the supervisor passes work on: hand-offs to sub-agents, and shortcuts to their tools.

A hand-off is langgraph-supervisor's (`create_handoff_tool`: its name and its metadata). A shortcut
is a sub-agent's own tool, offered in the routing call itself, so that routing and the choice of
the tool are one model call. Both carry `more_to_do`: whether the supervisor needs the turn back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_tool
from langgraph_supervisor import create_handoff_tool

from lakevisor.registry import EnabledAgent
from lakevisor_plugin.rules import MORE_TO_DO

TASK = "task"

_MORE_TO_DO_SCHEMA: Mapping[str, Any] = {
    "type": "boolean",
    "description": (
        "true only if the person's request needs a further step that is not called in this "
        "message; you are then asked again. Otherwise leave it out."
    ),
}
_TASK_SCHEMA: Mapping[str, Any] = {
    "type": "string",
    "description": "What the agent is to do, complete in itself, in the person's own words.",
}
_CHARS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class Delegation:
    """What the supervisor may call, in a fixed order, and what each call means."""

    specifications: Sequence[Mapping[str, Any]]
    """The tools as an OpenAI-compatible endpoint takes them."""
    hand_offs: Mapping[str, str]
    """Name of a hand-off tool to the name of its agent."""
    shortcuts: Mapping[str, str]
    """Name of a shortcut to the name of its agent."""


def plan_delegation(
    agents: Sequence[EnabledAgent], *, shortcuts: bool, token_budget: int
) -> Delegation:
    """Decide how each agent is reached.

    An agent's shortcuts are taken as a whole, in the order of the agents' names, as long as all of
    them fit the budget. An agent whose every tool is a shortcut needs no hand-off.

    Args:
        agents: the enabled agents, sorted by name.
        shortcuts: whether shortcuts are wanted at all.
        token_budget: the most tokens that all shortcuts together may add to the routing call.
    """
    specifications: list[Mapping[str, Any]] = []
    by_tool: dict[str, str] = {}
    hand_offs: dict[str, str] = {}
    for agent in agents:
        short = _shortcut_specifications(agent) if shortcuts else []
        cost = _tokens(short)
        if cost > token_budget:
            short = []
        token_budget -= _tokens(short)
        by_tool |= {spec["function"]["name"]: agent.name for spec in short}
        specifications += short
        if not short or len(short) < len(agent.tools):
            hand_off = _hand_off_specification(agent)
            hand_offs[hand_off["function"]["name"]] = agent.name
            specifications.append(hand_off)
    return Delegation(specifications=specifications, hand_offs=hand_offs, shortcuts=by_tool)


def _shortcut_specifications(agent: EnabledAgent) -> list[dict[str, Any]]:
    named = {tool.name: tool for tool in agent.tools}
    return [_with_more_to_do(convert_to_openai_tool(named[name])) for name in agent.shortcuts]


def _with_more_to_do(specification: dict[str, Any]) -> dict[str, Any]:
    function = specification["function"]
    parameters = function.get("parameters", {"type": "object"})
    properties = {**parameters.get("properties", {}), MORE_TO_DO: _MORE_TO_DO_SCHEMA}
    return {
        "type": "function",
        "function": {**function, "parameters": {**parameters, "properties": properties}},
    }


def _hand_off_specification(agent: EnabledAgent) -> dict[str, Any]:
    contract = create_handoff_tool(agent_name=agent.name, description=agent.delegate_when)
    parameters = {
        "type": "object",
        "properties": {TASK: _TASK_SCHEMA, MORE_TO_DO: _MORE_TO_DO_SCHEMA},
        "required": [TASK],
    }
    function = {
        "name": contract.name,
        "description": contract.description,
        "parameters": parameters,
    }
    return {"type": "function", "function": function}


def _tokens(specifications: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(json.dumps(each)) for each in specifications) // _CHARS_PER_TOKEN
