"""Answers over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse


def as_stream(lines: AsyncIterable[str] | Iterable[str]) -> Response:
    """Return an answer that comes line by line."""
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return StreamingResponse(lines, media_type="text/event-stream", headers=headers)


def as_json(value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON answer; any text can be in it, also half of a surrogate pair."""
    return Response(
        json.dumps(value), status_code=status, headers=headers, media_type="application/json"
    )
