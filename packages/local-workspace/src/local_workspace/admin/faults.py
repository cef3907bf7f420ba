"""Rules of what shall go wrong, and with which requests."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["status", "drop_before", "drop_after", "lost_answer", "delay", "hang"]


class Fault(BaseModel):
    """One rule; it goes for each request that all its conditions fit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    """What happens. `status`: an error is answered and nothing done. `drop_before`: the connection
    is closed before anything is done. `lost_answer`, also called `drop_after`: all is done, then
    the connection is closed without an answer. `delay`: all is done, but late. `hang`: nothing is
    done and nothing answered, for `seconds` or until the client leaves."""
    method: str = "*"
    path: str = "*"
    """A glob over the path, such as `/api/2.?/jobs/run-now`; `*` also takes slashes."""
    body_contains: str = ""
    """A piece of text that must stand in the request's body."""
    status: int = Field(default=503, ge=400, le=599)
    retry_after: int | None = Field(default=None, ge=0)
    """Whole seconds for `Retry-After`; without it 429 and 503 say 1."""
    seconds: float | None = Field(default=None, ge=0)
    """How long a `delay` (1 s unless told) or a `hang` (no end unless told) takes."""
    skip: int = Field(default=0, ge=0)
    """How many fitting requests pass untouched first."""
    times: int | None = Field(default=1, ge=1)
    """How often it happens before the rule is used up; null is always."""

    @property
    def reads_body(self) -> bool:
        """Whether the request's body must be known to tell if the rule fits."""
        return bool(self.body_contains)

    def fits(self, *, method: str, path: str, body: bytes) -> bool:
        """Return whether a request is meant."""
        return (
            fnmatchcase(method.upper(), self.method.upper())
            and fnmatchcase(path, self.path)
            and self.body_contains.encode() in body
        )


class Faults:
    """The rules that hold now, in the order in which they came."""

    def __init__(self) -> None:
        self._rules: dict[int, Fault] = {}
        self._fitted: dict[int, int] = {}
        self._next = 1
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> int:
        """Add a rule behind the others and return its number."""
        with self._lock:
            number, self._next = self._next, self._next + 1
            self._rules[number], self._fitted[number] = fault, 0
            return number

    def clear(self, number: int | None = None) -> None:
        """Take back one rule, or all of them."""
        with self._lock:
            for known in [*self._rules] if number is None else [number]:
                self._rules.pop(known, None)
                self._fitted.pop(known, None)

    def listed(self) -> list[Mapping[str, Any]]:
        """Return the rules that hold, each with its number and how often it has happened."""
        with self._lock:
            return [
                {"id": n, **rule.model_dump(), "happened": max(0, self._fitted[n] - rule.skip)}
                for n, rule in self._rules.items()
            ]

    def concern_body(self, *, method: str, path: str) -> bool:
        """Return whether the body of such a request must be read to tell which rule fits."""
        with self._lock:
            rules = [rule for rule in self._rules.values() if rule.reads_body]
        return any(
            rule.model_copy(update={"body_contains": ""}).fits(method=method, path=path, body=b"")
            for rule in rules
        )

    def take(self, *, method: str, path: str, body: bytes) -> Fault | None:
        """Return the first rule that fits a request, and count it; used up rules vanish."""
        with self._lock:
            for number, rule in [*self._rules.items()]:
                if not rule.fits(method=method, path=path, body=body):
                    continue
                self._fitted[number] += 1
                if self._fitted[number] <= rule.skip:
                    continue
                if rule.times is not None and self._fitted[number] >= rule.skip + rule.times:
                    del self._rules[number], self._fitted[number]
                return rule
        return None
