"""Spaces, conversations and messages as the API answers them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from local_workspace.errors import InvalidParameter
from local_workspace.genie.records import Comment, Conversation, Message, Space

_T = TypeVar("_T")
_LARGEST_PAGE = 100


def space_view(space: Space, *, with_content: bool = False) -> dict[str, Any]:
    """Return a space; its content and etag only where asked for."""
    body: dict[str, Any] = {
        "space_id": space.space_id,
        "title": space.title,
        "description": space.description,
        "warehouse_id": space.warehouse_id,
    }
    if space.parent_path:
        body["parent_path"] = space.parent_path
    if with_content:
        body |= {"serialized_space": space.serialized_space, "etag": str(space.etag)}
    return body


def conversation_view(conversation: Conversation) -> dict[str, Any]:
    """Return a conversation."""
    return {
        "id": conversation.conversation_id,
        "conversation_id": conversation.conversation_id,
        "space_id": conversation.space_id,
        "user_id": conversation.user_id,
        "title": conversation.title,
        "created_timestamp": conversation.created,
        "last_updated_timestamp": conversation.updated,
    }


def conversation_summary(conversation: Conversation) -> dict[str, Any]:
    """Return a conversation as it stands in a list."""
    return {
        "conversation_id": conversation.conversation_id,
        "title": conversation.title,
        "created_timestamp": conversation.created,
        "agent_type": "GENIE_CONVERSATION_TYPE_CHAT",
    }


def message_view(message: Message, *, is_expired: bool = False) -> dict[str, Any]:
    """Return a message; `is_expired` says that its query's result is no longer kept."""
    query = (message.attachment() or {}).get("query")
    body: dict[str, Any] = {
        "id": message.message_id,
        "message_id": message.message_id,
        "space_id": message.space_id,
        "conversation_id": message.conversation_id,
        "user_id": message.user_id,
        "content": message.content,
        "created_timestamp": message.created,
        "last_updated_timestamp": message.updated,
        "status": "QUERY_RESULT_EXPIRED" if is_expired else message.status,
        "attachments": message.attachments,
        "query_result": None,
    }
    if query:
        body["query_result"] = {
            "statement_id": query["statement_id"],
            "row_count": query["query_result_metadata"]["row_count"],
        }
    if message.error:
        body["error"] = message.error
    if message.feedback:
        body["feedback"] = message.feedback
    return body


def comment_view(comment: Comment, conversation: Conversation) -> dict[str, Any]:
    """Return a comment."""
    return {
        "space_id": conversation.space_id,
        "conversation_id": conversation.conversation_id,
        "message_id": comment.message_id,
        "message_comment_id": comment.message_comment_id,
        "user_id": comment.user_id,
        "content": comment.content,
        "created_timestamp": comment.created,
    }


def page(
    items: Sequence[_T], size: str | None, token: str | None
) -> tuple[Sequence[_T], dict[str, str]]:
    """Return one page of a list, and the key that leads to the next one if there is one.

    Raises:
        InvalidParameter: the size or the token is no number of ours.
    """
    texts = (size or str(_LARGEST_PAGE), token or "0")
    if not all(text.isdigit() for text in texts) or texts[0] == "0":
        raise InvalidParameter("page_size must be positive and page_token one that was given.")
    length, start = min(int(texts[0]), _LARGEST_PAGE), int(texts[1])
    end = start + length
    return items[start:end], {"next_page_token": str(end)} if end < len(items) else {}
