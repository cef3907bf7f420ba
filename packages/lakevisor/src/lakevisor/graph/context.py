"""What the nodes of the graph are given for one turn, and what they count.

It travels as LangGraph's `context` and is never written into a checkpoint.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from langchain_core.messages.ai import UsageMetadata

from lakevisor.errors import DeadlineExceeded, TooManyModelCalls
from lakevisor.ledger import AuditTrail, CallOperations, Proposals, TurnOperations
from lakevisor_plugin import Event, Memory, Progress, ToolCall, Turn

Emit = Callable[[Event], None]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one turn may use up."""

    model_calls: int
    """Model calls of all agents together."""
    model_seconds: float
    """How long one model call may take."""
    turn_seconds: float
    """How long the turn may take; `Turn.deadline` is its end."""
    proposal_seconds: float
    """How long what was proposed can be accepted."""


@dataclass(kw_only=True)
class TurnContext:
    """One turn: what its tools are given, its limits, and its counters."""

    turn: Turn
    operations: TurnOperations
    proposals: Proposals
    audit: AuditTrail
    limits: Limits
    model_calls: int = 0
    usage: Counter[str] = field(default_factory=Counter)
    memories: dict[str, Memory] = field(default_factory=dict)
    """What each sub-agent remembers of the thread, while tools run."""

    def take_model_call(self) -> float:
        """Count a model call that is about to be made, and return the seconds that it may take.

        Raises:
            TooManyModelCalls: the turn has used up its calls.
            DeadlineExceeded: the turn has used up its time.
        """
        if self.model_calls >= self.limits.model_calls:
            raise TooManyModelCalls(limit=self.limits.model_calls)
        self.model_calls += 1
        return min(self.limits.model_seconds, self.seconds_left())

    def seconds_left(self) -> float:
        """Return the seconds until the deadline.

        Raises:
            DeadlineExceeded: there are none.
        """
        seconds = self.turn.seconds_left()
        if seconds <= 0:
            raise DeadlineExceeded(seconds=self.limits.turn_seconds)
        return seconds

    def add_usage(self, usage: UsageMetadata | None) -> None:
        """Count the tokens of a model call."""
        if usage is not None:
            for name in ("input_tokens", "output_tokens", "total_tokens"):
                self.usage[name] += usage[name]

    def recall(self, kept: Mapping[str, str]) -> None:
        """Take what the agents remember from the thread's state, before tools run."""
        self.memories = {agent: Memory(json.loads(text)) for agent, text in kept.items()}

    def remembered(self) -> dict[str, str]:
        """Return what the agents remember now, as the thread's state keeps it."""
        return {name: json.dumps(dict(each)) for name, each in self.memories.items() if each}

    def turn_for(
        self, call: ToolCall, operations: CallOperations, emit: Emit, *, accepted: bool
    ) -> Turn:
        """Return the turn as a tool call is given it."""
        return replace(
            self.turn,
            operations=operations,
            memory=self.memories.setdefault(call.agent, Memory()),
            is_accepted=accepted,
            tell=lambda text: emit(Progress(agent=call.agent, text=text)),
        )
