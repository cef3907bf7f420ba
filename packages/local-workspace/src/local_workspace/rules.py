"""Rules that a test gives the server under `/local/`: what shall happen, to what, and how often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import pydantic
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.area import json_body
from local_workspace.errors import InvalidParameter


class Rule(BaseModel):
    """One rule; what it fits and what it does stands in its subclasses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    skip: int = Field(default=0, ge=0)
    """How many fitting requests pass untouched first."""
    times: int | None = Field(default=1, ge=1)
    """How often it happens before the rule is used up; null is always."""


R = TypeVar("R", bound=Rule)


class Rules(Generic[R]):
    """The rules of one kind that hold now, in the order in which they came."""

    def __init__(self, kind: type[R]) -> None:
        self._kind = kind
        self._rules: dict[int, R] = {}
        self._fitted: dict[int, int] = {}
        self._next = 1
        self._lock = threading.Lock()

    def add(self, rule: R) -> int:
        """Add a rule behind the others and return its number."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._rules[number], self._fitted[number] = rule, 0
            return number

    def clear(self, number: int | None = None) -> None:
        """Take back one rule, or all of them."""
        with self._lock:
            for known in [*self._rules] if number is None else [number]:
                self._rules.pop(known, None)
                self._fitted.pop(known, None)

    def held(self) -> list[R]:
        """Return the rules that hold."""
        with self._lock:
            return list(self._rules.values())

    def listed(self) -> list[Mapping[str, Any]]:
        """Return the rules that hold, each with its number and how often it has happened."""
        with self._lock:
            return [
                {"id": n, **rule.model_dump(), "happened": max(0, self._fitted[n] - rule.skip)}
                for n, rule in self._rules.items()
            ]

    def take(self, fits: Callable[[R], bool]) -> R | None:
        """Return the first rule that fits, and count it; used up rules vanish."""
        with self._lock:
            for number, rule in [*self._rules.items()]:
                if not fits(rule):
                    continue
                self._fitted[number] += 1
                if self._fitted[number] <= rule.skip:
                    continue
                if rule.times is not None and self._fitted[number] >= rule.skip + rule.times:
                    del self._rules[number], self._fitted[number]
                return rule
        return None

    def routes(self, path: str, *, name: str = "rules") -> Sequence[BaseRoute]:
        """Return the routes that add, list and take back these rules."""

        async def add(request: Request) -> Response:
            return JSONResponse({"id": self.add(self._parsed(await json_body(request)))})

        async def listed(_: Request) -> Response:
            return JSONResponse({name: self.listed()})

        async def clear(request: Request) -> Response:
            self.clear(request.path_params.get("number"))
            return JSONResponse({})

        return [
            Route(path, listed, methods=["GET"]),
            Route(path, add, methods=["POST"]),
            Route(path, clear, methods=["DELETE"]),
            Route(f"{path}/{{number:int}}", clear, methods=["DELETE"]),
        ]

    def _parsed(self, body: Mapping[str, Any]) -> R:
        try:
            return self._kind.model_validate(body)
        except pydantic.ValidationError as error:
            problems = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
            raise InvalidParameter("; ".join(problems)) from error
