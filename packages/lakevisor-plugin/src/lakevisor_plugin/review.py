"""Whether a tool call may run: what a reviewer is told, and what it may say."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from pydantic import BaseModel, ConfigDict


class Decision(IntEnum):
    """The verdicts, the strictest highest."""

    ALLOW = 0
    ASK = 1
    """Run it only after the person has accepted it in the next request."""
    REFUSE = 2


class ToolCall(BaseModel):
    """A tool call that the model wants, complete and checked against the tool's schema."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: str
    tool: str
    call_id: str
    arguments: Mapping[str, Any]


class Verdict(BaseModel):
    """What a reviewer says of a tool call."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decision: Decision
    reason: str = ""
    """Why, in words for the person; needed for ASK and REFUSE."""
