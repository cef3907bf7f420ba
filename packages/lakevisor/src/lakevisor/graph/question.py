"""The question before an effect, in words that what it is about cannot change.

Names and values may be an attacker's. Each is a JSON literal in a code span on a line of its own:
it can begin no line, no Markdown and no direction of writing, and cannot hide.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from itertools import islice

from pydantic import JsonValue

from lakevisor_plugin import Settled, ToolCall

VALUE_CHARS = 600
"""The most characters of a value that the question shows; the proposal has all of it."""
VALUES = 40
"""The most values that the question shows."""
WORDS_CHARS = 600
"""The most characters of a reason, and of what is to be done."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of characters that show nothing or turn what stands around them."""
_BLANK = re.compile(
    "[\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000"
    "\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters of other categories that are seen as nothing, or as a space."""
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def question(reason: str, settled: Settled) -> str:
    """Return what the person is asked, Markdown.

    Args:
        reason: why they are asked.
        settled: what happens after a yes.
    """
    action = _words(settled.action)
    lines = [
        f"- {_code(name)}: {_quoted(value)}"
        for name, value in islice(settled.values.items(), VALUES)
    ]
    if len(settled.values) > VALUES:
        lines.append(f"- (cut: {len(settled.values) - VALUES:,} more)")
    asked = [f"Shall I {action}, with:", "\n".join(lines)] if lines else [f"Shall I {action}?"]
    return "\n\n".join([_words(reason), *asked, "Answer yes or no."])


def as_written(call: ToolCall) -> Settled:
    """Return a call as the model wrote it, where its plugin does not say what it would do."""
    arguments: Mapping[str, JsonValue] = dict(call.arguments)
    return Settled(
        arguments=arguments, action=f"call {_code(call.tool)} of {call.agent}", values=arguments
    )


def _quoted(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    shown = _seen(text[:VALUE_CHARS]).replace("`", "\\u0060")
    more = len(text) - VALUE_CHARS
    return f"`{shown}`" if more <= 0 else f"`{shown}` (cut: {more:,} more characters)"


def _code(name: str) -> str:
    return f"`{name}`" if _NAME.fullmatch(name) else _quoted(name)


def _words(text: str) -> str:
    """Return words on one line."""
    words = _seen(" ".join(text.split()))
    more = len(words) - WORDS_CHARS
    return words if more <= 0 else f"{words[:WORDS_CHARS]} … (cut: {more:,} more characters)"


def _seen(text: str) -> str:
    """Return the text with everything spelled out that nobody would see."""
    return "".join(
        json.dumps(each)[1:-1]
        if unicodedata.category(each) in _UNSEEN or _BLANK.match(each)
        else each
        for each in text
    )
