"""What happens in a turn, in order, as a stream of values.

Servers, the command line and observers read the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

from lakevisor_plugin.operations import Operation


class Event(BaseModel):
    """Something that happened in a turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TurnStarted(Event):
    """The request was taken."""

    thread_id: str
    turn_id: str


class AgentStarted(Event):
    """An agent has the turn now: the supervisor or a sub-agent."""

    agent: str


class TextDelta(Event):
    """A piece of text as the model speaks it."""

    agent: str
    text: str


class ToolStarted(Event):
    """A tool begins to run."""

    agent: str
    tool: str
    call_id: str
    arguments: Mapping[str, Any]


class Progress(Event):
    """A tool says how far it is."""

    agent: str
    text: str


class ToolFinished(Event):
    """A tool has ended; `content` is what the model reads of it."""

    agent: str
    tool: str
    call_id: str
    outcome: Literal["content", "answer", "deferred", "launched", "question", "refused", "error"]
    content: str


class Answered(Event):
    """A part of the reply stands, word for word.

    `streamed` says that its text has already come as `TextDelta`s.
    """

    agent: str
    text: str
    streamed: bool = False


class TurnFinished(Event):
    """The turn is over and stored."""

    thread_id: str
    turn_id: str
    agent: str
    """Who answered last."""
    text: str
    """The whole reply, Markdown."""
    operations: Sequence[Operation] = ()
    """What was launched or asked about in this turn."""
    custom_outputs: Mapping[str, JsonValue]
    model_calls: int
    usage: Mapping[str, int]
    """`input_tokens`, `output_tokens`, `total_tokens` of all model calls of the turn."""
