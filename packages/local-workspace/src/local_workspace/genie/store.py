"""Keeps spaces and conversations in the workspace's SQLite file."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import astuple, replace
from importlib import resources
from typing import Any

from local_workspace.database import Database
from local_workspace.genie.records import Comment, Conversation, Message, Space, now

_JSON = ("access", "attachments", "error", "features", "feedback")


class GenieStore:
    """Reads and writes records; each call is one or a few short statements."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queries = _named_queries()
        database.create(_text("schema.sql"))

    def save_space(self, space: Space) -> None:
        """Make a space or write it anew."""
        self._rows("save_space", *_values(space))

    def space(self, space_id: str) -> Space | None:
        """Return a space that is not in the trash."""
        return next((_space(row) for row in self._rows("space", space_id)), None)

    def spaces(self) -> list[Space]:
        """Return all spaces that are not in the trash."""
        return [_space(row) for row in self._rows("spaces")]

    def save_conversation(self, conversation: Conversation) -> None:
        """Make a conversation or write it anew."""
        self._rows("save_conversation", *_values(conversation))

    def conversation(self, space_id: str, conversation_id: str) -> Conversation | None:
        """Return one conversation of a space."""
        rows = self._rows("conversation", space_id, conversation_id)
        return next((Conversation(**_columns(row)) for row in rows), None)

    def conversations(self, space_id: str, user_id: int | None) -> list[Conversation]:
        """Return a user's (or everyone's) conversations in a space, newest first."""
        rows = self._rows("conversations", space_id, user_id)
        return [Conversation(**_columns(row)) for row in rows]

    def delete_conversation(self, conversation_id: str) -> None:
        """Delete a conversation with all that is in it."""
        with self._database.transaction():
            for what in ("conversation_comments", "conversation_messages", "conversation"):
                self._rows(f"delete_{what}", conversation_id)

    def add_message(self, message: Message) -> None:
        """Make a message that has just been sent."""
        self._rows("add_message", *_values(message))

    def update_message(self, message: Message, **changes: Any) -> Message:
        """Write how a message goes on, and return it as it is now."""
        message = replace(message, **changes, updated=now())
        columns = ("attachments", "error", "features", "feedback")
        texts = [_json(getattr(message, column)) for column in columns]
        self._rows("update_message", message.status, message.updated, *texts, message.message_id)
        return message

    def message(self, conversation_id: str, message_id: str) -> Message | None:
        """Return one message of a conversation."""
        rows = self._rows("message", conversation_id, message_id)
        return next((Message(**_columns(row)) for row in rows), None)

    def messages(self, conversation_id: str) -> list[Message]:
        """Return the messages of a conversation, oldest first."""
        return [Message(**_columns(row)) for row in self._rows("messages", conversation_id)]

    def message_by_id(self, message_id: str) -> Message | None:
        """Return a message, whatever its conversation."""
        rows = self._rows("message_by_id", message_id)
        return next((Message(**_columns(row)) for row in rows), None)

    def unfinished_messages(self) -> list[Message]:
        """Return the messages whose answer was under way when the server stopped."""
        return [Message(**_columns(row)) for row in self._rows("unfinished_messages")]

    def delete_message(self, message_id: str) -> None:
        """Delete a message with its comments."""
        with self._database.transaction():
            self._rows("delete_message_comments", message_id)
            self._rows("delete_message", message_id)

    def add_comment(self, comment: Comment) -> None:
        """Make a comment."""
        self._rows("add_comment", *_values(comment))

    def comments(self, conversation_id: str, message_id: str | None) -> list[Comment]:
        """Return the comments on one message, or on all of a conversation."""
        rows = self._rows("comments", conversation_id, message_id)
        return [Comment(**_columns(row)) for row in rows]

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        return self._database.rows(self._queries[query], values)


def _space(row: sqlite3.Row) -> Space:
    columns = _columns(row)
    return Space(**columns | {"trashed": bool(columns["trashed"])})


def _columns(row: sqlite3.Row) -> dict[str, Any]:
    columns = dict(row)
    for name in _JSON:
        if columns.get(name) is not None:
            columns[name] = json.loads(columns[name])
    return columns


def _values(record: Space | Conversation | Message | Comment) -> list[Any]:
    values = astuple(record)
    return [_json(each) if isinstance(each, dict | list) else each for each in values]


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _named_queries() -> dict[str, str]:
    parts = re.split(r"^-- name: (\w+)$", _text("queries.sql"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _text(name: str) -> str:
    return resources.files("local_workspace.genie").joinpath(name).read_text(encoding="utf-8")
