"""What a thread remembers: the graph's state, as it lies in the checkpoints.

Everything in it is made of JSON values and LangChain's messages, so that only known types are
ever read back (see `docs/decisions/0004-only-known-types-are-read-back.md`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, TypedDict, cast

from langchain_core.messages import AnyMessage
from langgraph.graph import END
from langgraph.graph.message import add_messages

from lakevisor.graph.messages import SUPERVISOR, reply_part, turns

TURNS_KEPT = 40
"""How many turns of a thread are kept for the models; the ledger keeps every answer."""


class DirectCall(TypedDict):
    """A tool call that no model has just made; it is run exactly as it stands here."""

    agent: str
    tool: str
    arguments: dict[str, Any]


class Assignment(TypedDict):
    """One step that the supervisor has passed to a sub-agent."""

    agent: str
    task: str
    """The supervisor's words, or empty where the person's own are enough."""
    come_back: bool
    """Whether the supervisor has more to do when the sub-agent has answered."""


class State(TypedDict, total=False):
    """The state of a thread; a turn overwrites all but what is said here to be of the thread."""

    messages: Annotated[list[AnyMessage], add_and_keep_latest]
    """What was said in the latest turns; of the thread."""
    read_outside: Annotated[bool, either]
    """Whether words of others have ever stood in the thread: cells, column names, errors, outputs.
    Of the thread.

    Everything a model says later may come of them, also when they have left its window.
    """
    memory: dict[str, str]
    """What each sub-agent remembers; of the thread, and bounded by `lakevisor_plugin.Memory`.

    A JSON text for each agent: a plugin's values may be what a checkpoint cannot hold (half of a
    surrogate pair, a number of more than 64 bits).
    """
    accepted: DirectCall | None
    """What the person has accepted with this turn's message."""
    action: DirectCall | None
    """What the person's program calls in their name: it is the whole turn."""
    is_answered: bool
    """Whether the turn was answered before any model: the person has said no."""
    assignments: list[Assignment]
    """The steps in order; the first is the one that is worked on."""
    hand_offs: int


def add_and_keep_latest(
    known: Sequence[AnyMessage], new: Sequence[AnyMessage] | AnyMessage
) -> list[AnyMessage]:
    """Return the thread's messages with the new ones, and of all turns only the latest.

    A checkpoint holds all that the channel holds, and each turn writes some: what is kept is
    bounded, so that the hundredth turn costs what the thousandth does.
    """
    merged = cast("list[AnyMessage]", add_messages(cast("Any", known), cast("Any", new)))
    kept = turns(merged)[-TURNS_KEPT:]
    return [message for turn in kept for message in turn]


def either(known: bool, new: bool) -> bool:
    """Return whether it was so before or is now; it does not become untrue."""
    return known or new


def after_answer(assignments: Sequence[Assignment]) -> tuple[str, list[Assignment]]:
    """Return where the turn goes when the first step is answered, and the steps that are left."""
    done, *left = assignments
    if left:
        return left[0]["agent"], left
    return (SUPERVISOR if done["come_back"] else END), []


def new_turn(
    message: AnyMessage,
    *,
    accepted: DirectCall | None = None,
    action: DirectCall | None = None,
    said: str = "",
    is_answered: bool = False,
    earlier: Sequence[AnyMessage] = (),
) -> State:
    """Return the input that begins a turn: the person's message, and nothing of earlier turns.

    Args:
        message: what the person said.
        accepted: the proposed call that the message accepts.
        action: the call that is made instead of asking a model.
        said: what the person is told first, before any model.
        is_answered: whether that is the whole answer.
        earlier: what was said before in a conversation that the thread does not know.
    """
    told = [reply_part(SUPERVISOR, said)] if said else []
    state = State(
        messages=[*earlier, message, *told],
        accepted=accepted,
        action=action,
        is_answered=is_answered,
        assignments=[],
        hand_offs=0,
    )
    return State(**state, read_outside=True) if earlier else state
