"""A reply on the wire: one JSON object, or server-sent events."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

from starlette.types import Receive, Scope, Send

from local_workspace.connection import drop
from local_workspace.serving.chat import ChatRequest, Reply, ToolCall, count_tokens

_WORD = re.compile(r"\s*\S+\s*")
_PIECE = 12
"""How many characters of a call's arguments come in one event."""


class Answer:
    """The HTTP response that carries a reply; an ASGI application."""

    def __init__(self, request: ChatRequest, reply: Reply, *, model: str) -> None:
        self._reply = reply
        self._streams = request.streams
        self._head = {
            "id": f"msg_local_{uuid4().hex[:24]}",
            "created": int(time.time()),
            "model": model,
        }
        self._prompt_tokens = count_tokens(request.messages, request.body.get("tools") or "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, late or broken off where the reply says so."""
        await asyncio.sleep(self._reply.delay)
        media_type = b"text/event-stream" if self._streams else b"application/json"
        headers = [(b"content-type", media_type)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        room = self._reply.cut_after_bytes
        for piece in self._events() if self._streams else [self._whole()]:
            cut = piece if room is None else piece[:room]
            await send({"type": "http.response.body", "body": cut, "more_body": True})
            if room is not None and (room := room - len(piece)) <= 0:
                await drop(scope, receive)
                return
        await send({"type": "http.response.body", "body": b""})

    def _whole(self) -> bytes:
        message: dict[str, Any] = {"role": "assistant", "content": self._reply.content}
        if self._reply.tool_calls:
            message["tool_calls"] = [_call(call) for call in self._reply.tool_calls]
        arguments = [call.arguments for call in self._reply.tool_calls]
        choice = {"index": 0, "message": message, "finish_reason": self._reply.reason}
        body = {
            **self._head,
            "object": "chat.completion",
            "choices": [choice],
            "usage": self._usage(count_tokens(self._reply.content, *arguments)),
        }
        return json.dumps(body).encode()

    def _events(self) -> Iterator[bytes]:
        said = ""
        for delta, text in self._deltas():
            said += text
            yield self._event(delta, None, said=said)
        yield self._event({"content": ""}, self._reply.reason, said=said)
        yield b"data: [DONE]\n\n"

    def _deltas(self) -> Iterator[tuple[dict[str, Any], str]]:
        yield {"role": "assistant", "content": ""}, ""
        for word in _WORD.findall(self._reply.content):
            yield {"content": word}, word
        for index, call in enumerate(self._reply.tool_calls):
            opened = {"index": index, **_call(call)}
            opened["function"] = {"name": call.name, "arguments": ""}
            yield {"tool_calls": [opened]}, call.name
            for start in range(0, len(call.arguments), _PIECE):
                piece = call.arguments[start : start + _PIECE]
                yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, piece

    def _event(self, delta: Mapping[str, Any], reason: str | None, *, said: str) -> bytes:
        chunk = {
            **self._head,
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
            "usage": self._usage(count_tokens(said)),
        }
        return f"data: {json.dumps(chunk)}\n\n".encode()

    def _usage(self, completion_tokens: int) -> dict[str, int]:
        return {
            "prompt_tokens": self._prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": self._prompt_tokens + completion_tokens,
        }


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.call_id, "type": "function", "function": function}
