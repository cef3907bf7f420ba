"""Remembers what was asked, so that a test can count it and read it."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MOST_RECORDS = 10_000
_MOST_BYTES = 64_000_000
_LONGEST_BODY = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Record:
    """One request, after its end."""

    n: int
    """Its number since the server started; clearing the recorder does not set it back."""
    time: float
    """When it came, in seconds since 1970."""
    method: str
    path: str
    query: str
    user: str | None
    """Whose token it carried; None where it was refused."""
    status: int | None
    """The status of the answer; None where the client got none."""
    body: bytes
    """What was sent, cut at 1 MB."""
    ms: float
    """How long it took, in milliseconds."""

    def as_json(self) -> dict[str, Any]:
        """Return it for the answer; a body that is not JSON, or was cut, is given as text."""
        try:
            body = json.loads(self.body) if self.body else None
        except ValueError:
            body = self.body.decode(errors="replace")
        return {**self.__dict__, "body": body, "ms": round(self.ms, 1)}


class Recorder:
    """The last requests, bounded in number and in bytes."""

    def __init__(self) -> None:
        self._records: deque[Record] = deque()
        self._bytes = 0
        self._count = 0
        self._lock = threading.Lock()

    def next_number(self) -> int:
        """Return the number of a request that has just come."""
        with self._lock:
            self._count += 1
            return self._count

    def add(self, record: Record) -> None:
        """Keep a request; the oldest go when there are too many."""
        with self._lock:
            self._records.append(record)
            self._bytes += len(record.body)
            while len(self._records) > _MOST_RECORDS or self._bytes > _MOST_BYTES:
                self._bytes -= len(self._records.popleft().body)

    def found(self, *, path: str = "*", method: str = "*") -> list[dict[str, Any]]:
        """Return the requests whose path and method fit two globs, in the order they came."""
        with self._lock:
            records = sorted(self._records, key=lambda record: record.n)
        return [
            record.as_json()
            for record in records
            if fnmatchcase(record.path, path) and fnmatchcase(record.method, method.upper())
        ]

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._records.clear()
            self._bytes = 0


class Recording:
    """ASGI middleware that writes down every request but those to `/local/`."""

    def __init__(self, app: ASGIApp, *, recorder: Recorder) -> None:
        self._app = app
        self._recorder = recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on and write down what went in and what came out."""
        if scope["type"] != "http" or scope["path"].startswith("/local/"):
            await self._app(scope, receive, send)
            return
        number, came, started = self._recorder.next_number(), time.time(), time.perf_counter()
        body = bytearray()
        status: list[int] = []

        async def heard() -> Message:
            message = await receive()
            room = _LONGEST_BODY - len(body)
            body.extend(message.get("body", b"")[:room])
            return message

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        try:
            await self._app(scope, heard, said)
        finally:
            caller = scope.get("state", {}).get("caller")
            self._recorder.add(
                Record(
                    n=number,
                    time=came,
                    method=scope["method"],
                    path=scope["path"],
                    query=scope["query_string"].decode("ascii", errors="replace"),
                    user=caller.user_name if caller else None,
                    status=status[0] if status else None,
                    body=bytes(body),
                    ms=(time.perf_counter() - started) * 1000,
                )
            )
