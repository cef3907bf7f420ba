"""Rules of what shall go wrong, and with which requests."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field

from local_workspace.rules import Rule, Rules

Kind = Literal[
    "status",
    "drop_before",
    "drop_after",
    "lost_answer",
    "delay",
    "hang",
    "answer",
    "patch",
    "cut",
]


class Fault(Rule):
    """One rule; it goes for each request that all its conditions fit."""

    kind: Kind
    """What happens. `status`: an error is answered and nothing done. `drop_before`: the connection
    is closed before anything is done. `lost_answer`, also called `drop_after`: all is done, then
    the connection is closed without an answer. `delay`: all is done, but late. `hang`: nothing is
    done and nothing answered, for `seconds` or until the client leaves. `answer`: `body` is
    answered with `status`, and nothing done. `patch`: all is done, and `body` is applied to the
    answer as a JSON merge patch. `cut`: all is done, and the connection is closed after
    `after_bytes` bytes of the answer's body."""
    method: str = "*"
    path: str = "*"
    """A glob over the path, such as `/api/2.?/jobs/run-now`; `*` also takes slashes."""
    body_contains: str = ""
    """A piece of text that must stand in the request's body."""
    status: int | None = Field(default=None, ge=200, le=599)
    """Of `status` (503 unless told) and `answer` (200 unless told)."""
    retry_after: int | None = Field(default=None, ge=0)
    """Whole seconds for `Retry-After`; without it 429 and 503 say 1."""
    seconds: float | None = Field(default=None, ge=0)
    """How long a `delay` (1 s unless told) or a `hang` (no end unless told) takes."""
    body: Mapping[str, Any] = Field(default_factory=dict)
    """What `answer` answers, or the merge patch of `patch`."""
    after_bytes: int = Field(default=0, ge=0)
    """How many bytes come before a `cut`."""

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
    """The faults that shall happen, in the order in which they came."""

    def __init__(self) -> None:
        self.rules = Rules(Fault)

    def concern_body(self, *, method: str, path: str) -> bool:
        """Return whether the body of such a request must be read to tell which rule fits."""
        return any(
            rule.model_copy(update={"body_contains": ""}).fits(method=method, path=path, body=b"")
            for rule in self.rules.held()
            if rule.reads_body
        )

    def take(self, *, method: str, path: str, body: bytes) -> Fault | None:
        """Return the first rule that fits a request, and count it; used up rules vanish."""
        return self.rules.take(lambda rule: rule.fits(method=method, path=path, body=body))
