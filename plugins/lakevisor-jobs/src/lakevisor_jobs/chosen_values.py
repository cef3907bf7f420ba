"""The parameters with which a run was started, in words that their values cannot change.

A name or a value can be whatever a job and a person's request make it: each is one piece of code
in Markdown, on one line, with everything spelled out that nobody would see.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import islice

VALUE_CHARS = 100
"""The most characters of a name or a value that are shown."""
VALUES = 10
"""The most parameters that are shown."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def with_values(values: Mapping[str, str]) -> str:
    """Return a sentence: With `region` = `"ASIA"`."""
    shown = [f"{_name(name)} = {_code(text)}" for name, text in islice(values.items(), VALUES)]
    if len(values) > VALUES:
        shown.append(f"and {len(values) - VALUES} more")
    return f"With {', '.join(shown)}."


def _name(name: str) -> str:
    return f"`{name}`" if _NAME.fullmatch(name) else _code(name)


def _code(text: str) -> str:
    """Return a JSON literal in a code span."""
    literal = json.dumps(text[:VALUE_CHARS], ensure_ascii=False)
    seen = "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in literal)
    spelled = seen.replace("`", "\\u0060")
    more = len(text) - VALUE_CHARS
    return f"`{spelled}`" if more <= 0 else f"`{spelled}` (cut: {more:,} more characters)"
