"""Actions: tools that a person's program calls itself, past every model.

They are the person's own wish, as their words are: the turn is theirs, with what they may do.
"""

from __future__ import annotations

from collections.abc import Mapping

from langchain_core.tools import BaseTool

from lakevisor.errors import InvalidRequest, UnknownAction
from lakevisor.graph import DirectCall, arguments_problem
from lakevisor.registry import EnabledAgent, Registry
from lakevisor.supervisor.request import Request
from lakevisor_plugin.rules import DESCRIBE


def direct_call(request: Request, registry: Registry) -> DirectCall | None:
    """Return the call that a request makes; None where it has words alone.

    Raises:
        UnknownAction: no enabled agent lets programs call a tool of this name.
        InvalidRequest: the tool does not take these arguments.
    """
    if request.action is None:
        return None
    known = _actions(registry)
    name, arguments = request.action.name, request.action.arguments
    if name not in known:
        raise UnknownAction(name, known=(DESCRIBE, *known))
    agent, tool = known[name]
    if problem := arguments_problem(tool, arguments):
        raise InvalidRequest(f"The action {name!r} cannot be called so. {problem}")
    return DirectCall(agent=agent.name, tool=name, arguments=dict(arguments))


def _actions(registry: Registry) -> Mapping[str, tuple[EnabledAgent, BaseTool]]:
    return {
        tool.name: (agent, tool)
        for agent in registry.agents
        for tool in agent.tools
        if tool.name in agent.actions
    }
