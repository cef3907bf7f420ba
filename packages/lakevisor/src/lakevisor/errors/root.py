"""The root of all errors, and the words they share."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import ClassVar

_NEXT_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class LakevisorError(Exception):
    """Lakevisor cannot go on."""

    exit_code: ClassVar[int] = 1
    remedy: str = ""

    def __init__(self, message: str | None = None, *, remedy: str | None = None) -> None:
        self.message = message or default_message(type(self))
        if remedy is not None:
            self.remedy = remedy
        super().__init__(self.message)

    @property
    def code(self) -> str:
        """Return the error's name for programs: its class in snake case."""
        return _NEXT_WORD.sub("_", type(self).__name__).lower()

    def report(self) -> str:
        """Return the message and, on a line of its own, what to do next."""
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


def default_message(error: type[LakevisorError]) -> str:
    """Return the first line of an error's docstring, which is its message."""
    return (error.__doc__ or error.__name__).strip().splitlines()[0]


def did_you_mean(nearest: str | None) -> str:
    """Return a hint at the nearest known name, if there is one."""
    return f" Did you mean {nearest!r}?" if nearest else ""


def indented(problem: LakevisorError) -> str:
    """Return a problem as an item of a list."""
    return problem.report().replace("\n", "\n    ")


def with_facts(sentence: str, facts: Iterable[tuple[str, str | None]]) -> str:
    """Return the sentence with the facts that are known, in brackets."""
    known = [f"{name} {value!r}" for name, value in facts if value is not None]
    return f"{sentence.rstrip('.')} ({', '.join(known)})." if known else sentence


def duration(seconds: float) -> str:
    """Return a duration in words."""
    minutes = math.ceil(seconds / 60)
    return "a minute" if minutes <= 1 else f"{minutes} minutes"


def shortened(text: str, limit: int = 80) -> str:
    """Return the text, or its beginning with an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
