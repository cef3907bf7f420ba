"""The supervisor graph: routing, sub-agents, tools, and the edges between them."""

from lakevisor.graph.build import ModelFor, SupervisorGraph, build_graph
from lakevisor.graph.context import Emit, Limits, TurnContext
from lakevisor.graph.messages import (
    FOR_PROGRAMS,
    SUPERVISOR,
    current_turn,
    is_reply_part,
    reply_part,
    reply_text,
    turns,
)
from lakevisor.graph.state import DirectCall, State, new_turn
from lakevisor.graph.tool_call import arguments_problem
from lakevisor.graph.view import CHARS_PER_TOKEN

__all__ = [
    "CHARS_PER_TOKEN",
    "FOR_PROGRAMS",
    "SUPERVISOR",
    "DirectCall",
    "Emit",
    "Limits",
    "ModelFor",
    "State",
    "SupervisorGraph",
    "TurnContext",
    "arguments_problem",
    "build_graph",
    "current_turn",
    "is_reply_part",
    "new_turn",
    "reply_part",
    "reply_text",
    "turns",
]
