"""What a plugin author imports: the contract between Lakevisor and its sub-agents.

The version of this distribution is the version of the contract. `docs/writing-a-plugin.md` leads
through a first plugin; `hookspecs` is the whole description of what can be extended.
"""

from lakevisor_plugin.downloads import Downloaded
from lakevisor_plugin.errors import AskFirst, AskPerson, GiveUp, ToolFault, TryAgain
from lakevisor_plugin.events import (
    AgentStarted,
    Answered,
    Event,
    Progress,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
    TurnStarted,
)
from lakevisor_plugin.hookspecs import PROJECT, HookSpecs, hookimpl
from lakevisor_plugin.memory import Memory, MemoryFull
from lakevisor_plugin.operations import (
    Intended,
    Operation,
    OperationNotFound,
    Operations,
    Seen,
    Started,
)
from lakevisor_plugin.prompts import read_prompt
from lakevisor_plugin.rate_limits import NoSlot, RateLimit, RateLimits
from lakevisor_plugin.results import CHART, DOWNLOAD, QUESTION, Answer, Deferred, Launched
from lakevisor_plugin.review import Decision, ToolCall, Verdict
from lakevisor_plugin.settled import Settled
from lakevisor_plugin.spans import NoSpan, NoSpans, Span, SpanKind, Spans
from lakevisor_plugin.sub_agent import Finding, Resource, SubAgent
from lakevisor_plugin.turn import CurrentTurn, Turn

__all__ = [
    "CHART",
    "DOWNLOAD",
    "PROJECT",
    "QUESTION",
    "AgentStarted",
    "Answer",
    "Answered",
    "AskFirst",
    "AskPerson",
    "CurrentTurn",
    "Decision",
    "Deferred",
    "Downloaded",
    "Event",
    "Finding",
    "GiveUp",
    "HookSpecs",
    "Intended",
    "Launched",
    "Memory",
    "MemoryFull",
    "NoSlot",
    "NoSpan",
    "NoSpans",
    "Operation",
    "OperationNotFound",
    "Operations",
    "Progress",
    "RateLimit",
    "RateLimits",
    "Resource",
    "Seen",
    "Settled",
    "Span",
    "SpanKind",
    "Spans",
    "Started",
    "SubAgent",
    "TextDelta",
    "ToolCall",
    "ToolFault",
    "ToolFinished",
    "ToolStarted",
    "TryAgain",
    "Turn",
    "TurnFinished",
    "TurnStarted",
    "Verdict",
    "hookimpl",
    "read_prompt",
]
