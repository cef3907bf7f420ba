"""What a thread remembers: the graph's state, as it lies in the checkpoints.

Everything in it is made of JSON values and LangChain's messages, so that only known types are
ever read back (see `docs/decisions/0004-only-known-types-are-read-back.md`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AnyMessage
from langgraph.graph.message import add_messages


class PendingCall(TypedDict):
    """A tool call that waits for the person's word; it is run only as it stands here."""

    agent: str
    tool: str
    arguments: dict[str, Any]


class Assignment(TypedDict):
    """Which sub-agent works for the supervisor now, and on what."""

    agent: str
    task: str
    """The supervisor's words, or empty where the person's own are enough."""
    come_back: bool
    """Whether the supervisor has more to do when the sub-agent has answered."""


def merge_operations(
    known: Mapping[str, Mapping[str, Any]], seen: Mapping[str, Mapping[str, Any]]
) -> dict[str, Mapping[str, Any]]:
    """Return the thread's operations with what was newly launched or seen."""
    return {**known, **seen}


class State(TypedDict, total=False):
    """The state of a thread; `assignment` and `hand_offs` are overwritten by each turn."""

    messages: Annotated[list[AnyMessage], add_messages]
    operations: Annotated[dict[str, Mapping[str, Any]], merge_operations]
    """Run id to operation."""
    pending: PendingCall | None
    assignment: Assignment | None
    hand_offs: int


def new_turn(message: AnyMessage) -> State:
    """Return the input that begins a turn: the person's message, and nothing of earlier turns."""
    return State(messages=[message], assignment=None, hand_offs=0)
