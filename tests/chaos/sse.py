"""An endpoint whose streams end where a test wants: in the middle of a byte sequence, or of a word.

It answers as an OpenAI-compatible endpoint does. What it says stands in the request's last message,
so that any number of requests can be under way.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: "
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
USAGE = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
End = Literal["broken", "clean"]
"""How a cut stream ends: the connection breaks, or the answer is ended as if it were whole."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message of the model."""

    name: str
    """For people."""
    calls: Sequence[tuple[str, str]]
    """Tool and arguments, the text as the model wrote it."""
    pieces: Sequence[str] = ()
    """The arguments of the first call as they are streamed; without them in pieces of 16."""

    def events(self) -> Sequence[bytes]:
        """Return the stream, event by event."""
        deltas: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant"}, None)]
        for index, (tool, arguments) in enumerate(self.calls):
            function = {"name": tool, "arguments": ""}
            call = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
            deltas.append(({"tool_calls": [call]}, None))
            pieces = self.pieces if self.pieces and not index else _pieces(arguments)
            for piece in pieces:
                call = {"index": index, "function": {"arguments": piece}}
                deltas.append(({"tool_calls": [call]}, None))
        deltas.append(({}, "tool_calls"))
        chunks = [{"choices": [_choice("delta", *each)]} for each in deltas]
        chunks.append({"choices": [], "usage": USAGE})
        lines = [_json("chat.completion.chunk", each) for each in chunks]
        return [b"data: %s\n\n" % line for line in [*lines, b"[DONE]"]]

    def whole(self) -> bytes:
        """Return it as it comes when it is not streamed."""
        calls = [
            {"id": f"again_{n}", "type": "function", "function": {"name": t, "arguments": text}}
            for n, (t, text) in enumerate(self.calls)
        ]
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        choice = _choice("message", message, "tool_calls")
        return _json("chat.completion", {"choices": [choice], "usage": USAGE})

    def said_at(self) -> int:
        """Return after how many bytes of the stream the model is known to have said all."""
        before_usage = self.events()[:-2]
        return sum(map(len, before_usage)) - len(b"\n\n")


@dataclass(kw_only=True)
class Endpoint:
    """Says what it is told, up to the byte that it is told."""

    said: Mapping[str, Said]
    """By name: first streamed, and when it is asked again, not streamed, the second."""
    again: Mapping[str, Said]
    asked: Counter[str] = field(default_factory=Counter)
    """How often each last message of a request came."""
    url: str = ""

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Endpoint]:
        """Serve on a free port of this machine."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            yield self

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = dict(each.lower().split(b": ", 1) for each in head.split(b"\r\n")[1:-2])
        body = await reader.readexactly(int(lines.get(b"content-length", 0)))
        writer.write(self._reply(json.loads(body)) if body else NOT_FOUND)
        writer.close()
        await writer.wait_closed()

    def _reply(self, body: Mapping[str, Any]) -> bytes:
        order = body["messages"][-1]["content"]
        self.asked[order] += 1
        name, cut, end = json.loads(order)
        if not body.get("stream"):
            content = self.again[name].whole()
            return HEAD + b"application/json\r\nContent-Length: %d\r\n\r\n" % len(content) + content
        head = HEAD + b"text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        return head + _chunked(self.said[name].events(), cut, end)


def _chunked(events: Sequence[bytes], room: int, end: End) -> bytes:
    """Return the events up to a byte, each in a chunk of its own."""
    sent = b""
    for event in events:
        part = event[:room]
        room -= len(part)
        if part == event or end == "clean":
            sent += b"%x\r\n%s\r\n" % (len(part), part) if part else b""
        else:
            # The chunk says that more was to come.
            sent += b"%x\r\n%s" % (len(event), part)
        if part != event:
            break
    return sent + b"0\r\n\r\n" if end == "clean" else sent


def _pieces(text: str) -> Sequence[str]:
    return [text[at : at + 16] for at in range(0, len(text), 16)]


def _choice(key: str, said: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    return {"index": 0, key: said, "finish_reason": reason}


def _json(kind: str, fields: Mapping[str, Any]) -> bytes:
    head = {"id": "msg_1", "object": kind, "created": 0, "model": "cut"}
    # As it is, not escaped: so that a cut can go through the middle of a letter.
    return json.dumps({**head, **fields}, ensure_ascii=False).encode()
