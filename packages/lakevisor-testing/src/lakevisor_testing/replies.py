"""What a scripted model says: the steps of its script."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

_ARGUMENT_PIECE = 12


@dataclass(frozen=True, init=False)
class ToolUse:
    """A tool call that the model wants: `ToolUse("start_job", user_request="...")`."""

    name: str
    """The tool."""
    arguments: str
    """The arguments as they go over the wire: JSON, or whatever a broken model would send."""
    call_id: str
    """The call's id; empty: the model makes one, `call_1`, `call_2` and so on."""

    def __init__(self, name: str, /, *, raw: str | None = None, call_id: str = "", **values: Any):
        """Want a tool call.

        Args:
            name: the tool.
            raw: the arguments word for word, to send what is not valid JSON.
            call_id: the call's id; without it the model makes one.
            values: the arguments by name.
        """
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "arguments", json.dumps(values) if raw is None else raw)
        object.__setattr__(self, "call_id", call_id)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the model, with all that can be odd about it."""

    text: str = ""
    """What it says."""
    tool_uses: Sequence[ToolUse] = ()
    """The tool calls that it wants, in order."""
    pieces: Sequence[str] | None = None
    """The text as it is streamed, if it is not to be cut after each word."""
    finish_reason: str | None = None
    """Why it stopped; without it `tool_calls` or `stop`, whichever fits."""
    breaks_with: BaseException | None = None
    """Raised at the end: a stream that is cut after all of the above was sent."""
    waits_for: asyncio.Event | None = None
    """The reply comes only after this event; for asynchronous calls."""

    def streamed_text(self) -> Sequence[str]:
        """Return the text in the pieces in which it is streamed."""
        return re.findall(r"\S+\s*|\s+", self.text) if self.pieces is None else self.pieces

    def whole_text(self) -> str:
        """Return the text as it is when it comes at once."""
        return self.text if self.pieces is None else "".join(self.pieces)

    def stopped_because(self) -> str:
        """Return the `finish_reason` that is sent."""
        return self.finish_reason or ("tool_calls" if self.tool_uses else "stop")


Step: TypeAlias = "str | ToolUse | Reply | BaseException"
"""A step of a script: words, one tool call, a whole reply, or an exception that the call raises."""


def reply_of(step: Step) -> Reply:
    """Return a step of a script as the reply that it stands for."""
    if isinstance(step, str):
        return Reply(text=step)
    if isinstance(step, ToolUse):
        return Reply(tool_uses=(step,))
    if isinstance(step, BaseException):
        return Reply(breaks_with=step)
    return step


def argument_pieces(tool_use: ToolUse) -> Sequence[str]:
    """Return a call's arguments in the pieces in which they are streamed."""
    text = tool_use.arguments
    return [text[at : at + _ARGUMENT_PIECE] for at in range(0, len(text), _ARGUMENT_PIECE)]


def wire_format(tool_use: ToolUse, call_id: str) -> Mapping[str, Any]:
    """Return a call as an OpenAI-compatible endpoint writes it."""
    function = {"name": tool_use.name, "arguments": tool_use.arguments}
    return {"id": call_id, "type": "function", "function": function}
