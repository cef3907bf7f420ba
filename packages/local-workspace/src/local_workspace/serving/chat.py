"""What is asked of a chat model and what it says, in the terms of OpenAI's chat completions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol
from uuid import uuid4

Message = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A function that the caller offers to the model."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    """The JSON schema of its arguments."""


@dataclass(frozen=True)
class ChatRequest:
    """The body of a chat completion request, which `validation.check` has passed."""

    body: Mapping[str, Any]

    @property
    def messages(self) -> Sequence[Message]:
        """The conversation."""
        messages: Sequence[Message] = self.body["messages"]
        return messages

    @property
    def streams(self) -> bool:
        """Whether the answer is wanted piece by piece."""
        return bool(self.body.get("stream"))

    @cached_property
    def tools(self) -> Sequence[Tool]:
        """The tools that may be called; none where `tool_choice` forbids it."""
        if self.body.get("tool_choice") == "none":
            return ()
        functions = [tool["function"] for tool in self.body.get("tools") or ()]
        return [
            Tool(
                name=function["name"],
                description=function.get("description") or "",
                parameters=function.get("parameters") or {},
            )
            for function in functions
        ]

    @property
    def must_call(self) -> bool:
        """Whether `tool_choice` asks for a call whatever the user said."""
        return self.body.get("tool_choice") in ("required", "any") or bool(self.forced)

    @property
    def forced(self) -> str | None:
        """The one tool that `tool_choice` names."""
        choice = self.body.get("tool_choice")
        return choice["function"]["name"] if isinstance(choice, dict) else None


@dataclass(frozen=True, kw_only=True)
class ToolCall:
    """A call that the model asks for."""

    name: str
    arguments: str
    """JSON, as the model wrote it: in a cut answer it can be incomplete."""
    call_id: str = field(default_factory=lambda: f"toolu_{uuid4().hex[:20]}")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a model says."""

    content: str = ""
    tool_calls: Sequence[ToolCall] = ()
    finish_reason: str = ""
    """Empty: `tool_calls` where there are any, else `stop`."""
    delay: float = 0.0
    """Seconds before the answer begins."""
    cut_after_bytes: int | None = None
    """After how many bytes of the answer's body the connection breaks; None: it does not."""

    @property
    def reason(self) -> str:
        """The finish reason that is told."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")


class ChatModel(Protocol):
    """What can answer a request at once and on this machine."""

    def reply(self, request: ChatRequest) -> Reply | None:
        """Return the answer, or None to leave it to another model."""


def text_of(message: Message) -> str:
    """Return a message's text, which is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))


def count_tokens(*said: object) -> int:
    """Return a count of tokens by rule of thumb: one for four characters of text or JSON."""
    texts = [what if isinstance(what, str) else json.dumps(what) for what in said]
    return -(-sum(map(len, texts)) // 4)
