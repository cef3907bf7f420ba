"""How Lakevisor writes what was said into LangChain's messages, and reads it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

SUPERVISOR = "supervisor"
"""The name under which the supervisor speaks; no sub-agent may have it."""

FOR_MODEL = "for_model"
"""The key in `additional_kwargs` of what a model reads instead of the text."""

FOR_PROGRAMS = "for_programs"
"""The key in `additional_kwargs` of what programs read of a part: `data` and `operations`."""

MAX_TOOL_CONTENT = 8_000
"""The most characters of a tool's result that a model reads and the thread keeps."""


def reply_part(
    agent: str, text: str, *, for_model: str = "", for_programs: Mapping[str, Any] | None = None
) -> AIMessage:
    """Return the message of a part of the reply that no model has spoken."""
    extra: dict[str, Any] = {FOR_MODEL: shortened(for_model)} if for_model else {}
    if for_programs is not None:
        extra[FOR_PROGRAMS] = dict(for_programs)
    return AIMessage(content=text, name=agent, additional_kwargs=extra)


def tool_result(
    call: Mapping[str, Any],
    content: str,
    *,
    failed: bool = False,
    metadata: Mapping[str, Any] | None = None,
) -> ToolMessage:
    """Return the result of a tool call, cut to what a model may read."""
    return ToolMessage(
        content=shortened(content),
        name=call["name"],
        tool_call_id=call["id"],
        status="error" if failed else "success",
        response_metadata=dict(metadata or {}),
    )


def shortened(text: str, limit: int = MAX_TOOL_CONTENT) -> str:
    """Return the text, or its beginning with a mark that says how much was cut."""
    if len(text) <= limit:
        return text
    return f"{text[:limit]}\n[cut: {len(text) - limit:,} more characters]"


def is_reply_part(message: AnyMessage) -> bool:
    """Tell whether a message is a part of what the person reads."""
    return isinstance(message, AIMessage) and not message.tool_calls and bool(message.text.strip())


def for_model(message: AIMessage) -> str:
    """Return what a model reads of a part of a reply."""
    return str(message.additional_kwargs.get(FOR_MODEL) or message.text)


def turns(messages: Sequence[AnyMessage]) -> list[Sequence[AnyMessage]]:
    """Split a thread into its turns; each begins with what the person said."""
    starts = [at for at, each in enumerate(messages) if isinstance(each, HumanMessage)]
    return [messages[at:end] for at, end in pairwise([*starts, None])]


def current_turn(messages: Sequence[AnyMessage]) -> Sequence[AnyMessage]:
    """Return the messages of the last turn, the person's first."""
    for at in range(len(messages) - 1, -1, -1):
        if isinstance(messages[at], HumanMessage):
            return messages[at:]
    return ()


def reply_text(turn: Sequence[AnyMessage]) -> str:
    """Return the whole reply of a turn as the person reads it."""
    return "\n\n".join(each.text.strip() for each in turn if is_reply_part(each))
