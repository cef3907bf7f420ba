"""Genie was asked, and there is no answer."""

from __future__ import annotations

import re

_MAX_REASON_CHARS = 400
_KIND = re.compile(r"^\[[A-Za-z_]+\]\s*")


class NoAnswer(Exception):
    """Genie did not answer. It is told to the person as that, and never as an answer."""

    def __init__(self, reason: str, *, status: str) -> None:
        """Keep why.

        Args:
            reason: why, to stand after `Genie could not answer:`.
            status: the same as one word for programs: `failed`, `cancelled`, `timeout`, ...
        """
        super().__init__(reason)
        self.reason = reason
        self.status = status


def query_failed(error: str | None) -> NoAnswer:
    """Return that a query of Genie's failed, with the first line of the error."""
    line = next(iter((error or "").strip().splitlines()), "")
    line = _KIND.sub("", line).strip()
    if not line:
        return NoAnswer("it failed and gave no reason.", status="failed")
    short = line if len(line) <= _MAX_REASON_CHARS else f"{line[:_MAX_REASON_CHARS]} …"
    return NoAnswer(f"it failed with {short!r}.", status="failed")


def too_slow(seconds: float) -> NoAnswer:
    """Return that Genie has not answered in time."""
    return NoAnswer(
        f"it has not finished after {seconds:.0f} s. Ask again in a moment, or ask for less at "
        "once.",
        status="timeout",
    )
