"""The supervisor graph: routing, sub-agents, tools, and the edges between them."""

from lakevisor.graph.build import ModelFor, SupervisorGraph, build_graph
from lakevisor.graph.context import Limits, TurnContext
from lakevisor.graph.messages import SUPERVISOR, current_turn, reply_text
from lakevisor.graph.state import State, new_turn

__all__ = [
    "SUPERVISOR",
    "Limits",
    "ModelFor",
    "State",
    "SupervisorGraph",
    "TurnContext",
    "build_graph",
    "current_turn",
    "new_turn",
    "reply_text",
]
