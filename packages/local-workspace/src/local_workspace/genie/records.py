"""Spaces, conversations, messages and comments as they are kept."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

LEVELS = ("CAN_VIEW", "CAN_RUN", "CAN_EDIT", "CAN_MANAGE")
"""What one may do with a space; each level includes those before it."""
ENDS = ("COMPLETED", "FAILED", "CANCELLED", "QUERY_RESULT_EXPIRED")
"""The statuses after which a message does not change by itself."""
DEFAULT_ACCESS: Mapping[str, str] = {"users": "CAN_RUN"}
"""Everyone in the workspace may ask."""


def new_id() -> str:
    """Return an id as Genie makes them: 32 hexadecimal digits."""
    return uuid4().hex


def now() -> int:
    """Return the time in milliseconds since 1970, as the API counts it."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, kw_only=True)
class Space:
    """A Genie space."""

    space_id: str = field(default_factory=new_id)
    title: str
    description: str
    warehouse_id: str
    parent_path: str | None = None
    serialized_space: str
    """Its content as JSON, version 2."""
    etag: int = 1
    """Counts the changes of its content."""
    owner: str
    """The user name of who made it."""
    access: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULT_ACCESS))
    """The level of each user or group that may use it."""
    trashed: bool = False


@dataclass(frozen=True, kw_only=True)
class Conversation:
    """A chat of one user in one space."""

    conversation_id: str = field(default_factory=new_id)
    space_id: str
    user_id: int
    title: str
    created: int = field(default_factory=now)
    updated: int = field(default_factory=now)


@dataclass(frozen=True, kw_only=True)
class Message:
    """A question and what became of it."""

    message_id: str = field(default_factory=new_id)
    conversation_id: str
    space_id: str
    user_id: int
    content: str
    status: str = "SUBMITTED"
    created: int = field(default_factory=now)
    updated: int = field(default_factory=now)
    attachments: list[dict[str, Any]] | None = None
    error: dict[str, str] | None = None
    features: list[str] | None = None
    """What the question was about, for a follow-up."""
    feedback: dict[str, str] | None = None

    def attachment(self, attachment_id: str | None = None) -> dict[str, Any] | None:
        """Return the query attachment with this id, or the first one."""
        for each in self.attachments or ():
            if "query" in each and attachment_id in (None, each["attachment_id"]):
                return each
        return None


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A remark on a message."""

    message_comment_id: str = field(default_factory=new_id)
    message_id: str
    user_id: int
    content: str
    created: int = field(default_factory=now)
