"""What an endpoint with a Claude model refuses, in its own words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from local_workspace.errors import InvalidParameter
from local_workspace.serving.chat import Message, text_of

_ROLES = ("system", "developer", "user", "assistant", "tool")
_TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")


def check(body: Mapping[str, Any]) -> None:
    """Refuse a body that such an endpoint would refuse.

    Raises:
        InvalidParameter: with code BAD_REQUEST and what is wrong with which message.
    """
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        _refuse("messages: at least one message is required")
    for position, message in enumerate(messages):
        _check_message(message, position)
    _check_tool_results(messages)
    _check_tools(body.get("tools") or [])


def _check_message(message: Any, position: int) -> None:
    if not isinstance(message, dict) or message.get("role") not in _ROLES:
        _refuse(f"messages.{position}: role must be one of {', '.join(_ROLES)}")
    content = message.get("content")
    if content is not None and not isinstance(content, str | list):
        _refuse(f"messages.{position}.content: must be a string or a list of parts")
    speaks = message["role"] in ("user", "assistant") and not message.get("tool_calls")
    if speaks and not text_of(message).strip() and not _has_other_parts(content):
        _refuse(f"messages.{position}: text content blocks must be non-empty")


def _has_other_parts(content: Any) -> bool:
    return isinstance(content, list) and any(
        isinstance(part, dict) and part.get("type") != "text" for part in content
    )


def _check_tool_results(messages: Sequence[Message]) -> None:
    """Refuse a call without its result right behind it, and a result without its call."""
    open_calls: list[str] = []
    called_at = 0
    for position, message in enumerate(messages):
        if message["role"] == "tool":
            call_id = str(message.get("tool_call_id"))
            if call_id not in open_calls:
                _refuse(
                    f"messages.{position}.content.0: unexpected `tool_use_id` found in "
                    f"`tool_result` blocks: {call_id}. Each `tool_result` block must have a "
                    "corresponding `tool_use` block in the previous message."
                )
            open_calls.remove(call_id)
            continue
        _refuse_open(open_calls, called_at)
        open_calls = [str(call.get("id")) for call in message.get("tool_calls") or []]
        called_at = position
    _refuse_open(open_calls, called_at)


def _refuse_open(open_calls: Sequence[str], position: int) -> None:
    if open_calls:
        _refuse(
            f"messages.{position}: `tool_use` ids were found without `tool_result` blocks "
            f"immediately after: {', '.join(open_calls)}. Each `tool_use` block must have a "
            "corresponding `tool_result` block in the next message."
        )


def _check_tools(tools: Any) -> None:
    seen: set[str] = set()
    for position, tool in enumerate(tools if isinstance(tools, list) else [None]):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or not _TOOL_NAME.fullmatch(name):
            _refuse(f"tools.{position}.name: String should match pattern '^{_TOOL_NAME.pattern}$'")
        if name in seen:
            _refuse("tools: Tool names must be unique.")
        seen.add(name)


def _refuse(message: str) -> NoReturn:
    raise InvalidParameter(message, error_code="BAD_REQUEST")
