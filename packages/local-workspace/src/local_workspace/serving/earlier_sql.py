"""Finds the SQL that stands in a conversation, for a request to show it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from local_workspace.serving.language import words

_SQL = frozenset({"sql"})
_FILLING = words(
    "again answer behind can could display exactly exact full last latest used use see show print "
    "statement query code there them those thanks thank now here just did run ran made previous "
    "result figure number came table who how may yes ok okay"
)
"""Words that may stand beside "SQL" in a request that asks for nothing but the SQL."""
_BLOCK = re.compile(r"```sql\s*\n(.*?)```", re.IGNORECASE | re.DOTALL)
_PLAIN = re.compile(
    r"^(?:SQL:\s*(?=\S)|(?=(?:SELECT|WITH)\s))(.+?)(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL
)


def asks_for_sql(text: str) -> bool:
    """Return whether a request is for the SQL of what was said, and for nothing else."""
    said = words(text)
    return said >= _SQL and said <= _SQL | _FILLING


def latest_sql(answers: Iterable[str]) -> str:
    """Return the SQL of the last answer that has any, as Markdown; empty where none has."""
    for answer in reversed(list(answers)):
        if found := _BLOCK.findall(answer) or _PLAIN.findall(answer):
            return "\n\n".join(f"```sql\n{statement.strip()}\n```" for statement in found)
    return ""
