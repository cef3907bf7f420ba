"""How many questions a workspace takes in a time."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import json_body
from local_workspace.errors import InvalidParameter, RateLimited

_MINUTE = 60.0
_PATH = "/local/genie/rate-limit"


class QuestionLimit:
    """Counts the questions of the whole workspace in a sliding window; no limit unless given."""

    def __init__(self, questions: int | None = None) -> None:
        self._questions = questions
        self._seconds = _MINUTE
        self._asked: deque[float] = deque()

    def count(self) -> None:
        """Count a question.

        Raises:
            RateLimited: there were as many as may be; `Retry-After` says when one more may come.
        """
        now = time.monotonic()
        while self._asked and self._asked[0] <= now - self._seconds:
            self._asked.popleft()
        if self._questions is not None and len(self._asked) >= self._questions:
            free = self._asked[-self._questions] + self._seconds
            raise RateLimited(
                "Your request was rejected since your organization has exceeded the rate limit. "
                "Please retry your request later.",
                headers={"Retry-After": str(max(1, math.ceil(free - now)))},
            )
        self._asked.append(now)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes that show, set and take back the limit."""
        return [
            Route(_PATH, self._get, methods=["GET"]),
            Route(_PATH, self._set, methods=["PUT"]),
            Route(_PATH, self._remove, methods=["DELETE"]),
        ]

    async def _get(self, _: Request) -> Response:
        return JSONResponse({"questions": self._questions, "seconds": self._seconds})

    async def _set(self, request: Request) -> Response:
        body = await json_body(request)
        self._questions = int(_positive(body, "questions", default=None))
        self._seconds = _positive(body, "seconds", default=_MINUTE)
        self._asked.clear()
        return await self._get(request)

    async def _remove(self, request: Request) -> Response:
        self._questions, self._seconds = None, _MINUTE
        return await self._get(request)


def _positive(body: Mapping[str, Any], name: str, *, default: float | None) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise InvalidParameter(f"{name} must be a positive number.")
    return float(value)
