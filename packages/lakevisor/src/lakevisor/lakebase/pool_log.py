"""What psycopg's pool logs while PostgreSQL is away: a line now and then, not several a second.

Each connection that does not come about is a warning, over several lines where an address has
several hosts, and a pool tries all the time.
"""

from __future__ import annotations

import logging

SECONDS = 30.0
"""How long the same complaint is not repeated."""


class NowAndThen(logging.Filter):
    """Lets each kind of warning through on one line, and again only after some time."""

    def __init__(self) -> None:
        """Begin where nothing was said."""
        super().__init__()
        self._said: dict[int, float] = {}
        self._left_out: dict[int, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is logged; what is below a warning always is."""
        if record.levelno < logging.WARNING:
            return True
        kind = record.lineno
        if record.created - self._said.get(kind, -SECONDS) < SECONDS:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return False
        self._said[kind] = record.created
        left_out = self._left_out.pop(kind, 0)
        more = f" ({left_out:,} more like it since the last)" if left_out else ""
        record.msg, record.args = " ".join(record.getMessage().split()) + more, ()
        return True


def log_now_and_then() -> None:
    """Let the pools of this process complain now and then; done twice, it changes nothing."""
    logger = logging.getLogger("psycopg.pool")
    if not any(isinstance(each, NowAndThen) for each in logger.filters):
        logger.addFilter(NowAndThen())
