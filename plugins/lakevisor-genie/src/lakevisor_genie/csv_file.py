"""Rows as CSV (RFC 4180), true to what the warehouse sends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_QUOTED = re.compile(r'[",\r\n]')


def csv_lines(rows: Iterable[Sequence[str | None]]) -> bytes:
    """Return lines of UTF-8; null is nothing, and an empty text is two quotes."""
    return "".join(f"{_line(row)}\r\n" for row in rows).encode("utf-8", "replace")


def _line(row: Sequence[str | None]) -> str:
    # A line without anything would be no row for most readers.
    return ",".join(map(_cell, row)) if len(row) != 1 else _cell(row[0] or "")


def _cell(text: str | None) -> str:
    if text is None:
        return ""
    if not text or _QUOTED.search(text):
        quoted = text.replace('"', '""')
        return f'"{quoted}"'
    return text
