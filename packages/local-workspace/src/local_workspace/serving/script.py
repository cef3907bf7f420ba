"""Replies that a test has written down beforehand."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from local_workspace.serving.chat import ChatRequest, Reply, ToolCall


class ScriptedCall(BaseModel):
    """A tool call of a scripted reply."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any] | str = Field(default_factory=dict)
    """An object, or the text as it stands, which may be no JSON at all."""
    id: str | None = None

    def as_call(self) -> ToolCall:
        """Return the call that the model asks for."""
        written = self.arguments
        arguments = written if isinstance(written, str) else json.dumps(written)
        if self.id is None:
            return ToolCall(name=self.name, arguments=arguments)
        return ToolCall(name=self.name, arguments=arguments, call_id=self.id)


class ScriptedReply(BaseModel):
    """One reply; the fields are those of `Reply`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    content: str = ""
    tool_calls: list[ScriptedCall] = Field(default_factory=list)
    finish_reason: str = ""
    delay: float = Field(default=0.0, ge=0)
    cut_after_bytes: int | None = Field(default=None, ge=1)

    def as_reply(self) -> Reply:
        """Return what the model says."""
        said = self.model_dump(exclude={"tool_calls"})
        return Reply(**said, tool_calls=[call.as_call() for call in self.tool_calls])


class Script(BaseModel):
    """What `POST /local/model/script` takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    replies: list[ScriptedReply]


class ScriptedModel:
    """Says what it was given, one reply a request, and then nothing more."""

    def __init__(self) -> None:
        self._replies: deque[Reply] = deque()

    def reply(self, _: ChatRequest) -> Reply | None:
        """Return the next reply, or None when all have been said."""
        return self._replies.popleft() if self._replies else None

    def extend(self, script: Script) -> int:
        """Add replies behind those that wait and return how many wait now."""
        self._replies.extend(reply.as_reply() for reply in script.replies)
        return len(self._replies)

    def clear(self) -> None:
        """Forget the replies that wait."""
        self._replies.clear()
