"""Answers that are not what was said: another body, or an end too soon."""

from __future__ import annotations

import json
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from local_workspace.connection import drop


async def patched(app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, patch: Any) -> None:
    """Pass a request on, and apply a JSON merge patch to its answer; no JSON stays as it is."""
    start: list[Message] = []
    body = bytearray()

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, collect)
    try:
        content = json.dumps(merged(json.loads(body), patch)).encode()
    except ValueError:
        content = bytes(body)
    kept = [(name, value) for name, value in start[0]["headers"] if name != b"content-length"]
    length = (b"content-length", str(len(content)).encode())
    await send({**start[0], "headers": [*kept, length]})
    await send({"type": "http.response.body", "body": content})


def merged(target: Any, patch: Any) -> Any:
    """Return a JSON value with a merge patch applied, after RFC 7386: null takes a member away."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


async def cut(app: ASGIApp, scope: Scope, receive: Receive, send: Send, *, size: int) -> None:
    """Pass a request on, and close the connection after so many bytes of the answer's body."""
    left = size

    async def sent(message: Message) -> None:
        nonlocal left
        if message["type"] == "http.response.body":
            body = message.get("body", b"")[:left]
            left -= len(body)
            message = {"type": "http.response.body", "body": body, "more_body": True}
        if message["type"] == "http.response.start" or message["body"]:
            await send(message)

    # A file must go through `send` piece by piece, not past it.
    extensions = {**scope.get("extensions", {})}
    extensions.pop("http.response.pathsend", None)
    await app({**scope, "extensions": extensions}, receive, sent)
    await drop(scope, receive)
