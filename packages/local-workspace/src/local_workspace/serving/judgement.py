"""Whether a person says what they think of an answer, and what that is."""

from __future__ import annotations

import re

_GOOD = r"right|correct|useful|helpful|accurate|exactly what i needed"
"""What is said of an answer alone: "that is great" may be said of anything."""
_KIND = rf"{_GOOD}|good|great|nice|perfect|excellent"
_BAD = (
    r"wrong|bad|incorrect|useless|unhelpful|inaccurate|nonsense|rubbish|misleading|false|terrible"
)
_WHAT = (
    r"(?:that|this|it|(?:the|that|this|your|genie['’]s)(?:\s+last)?\s+"
    r"(?:answer|result|figure|number|table|chart)s?)"
)
_SAYS = re.compile(
    rf"^(?:thumbs?[\s-]?(?P<thumb>up|down)\b|(?P<up>👍)|(?P<down>👎)|"
    rf"(?:{_WHAT}\s*(?:['’]s|is|was|were|are|looks?|seems?)|{_WHAT}(?P<negated>\s+\w+n['’]t))\s+"
    rf"(?P<no>not\s+)?(?:(?:very|really|quite|completely|totally|all|just|so|a)\s+)*"
    rf"(?:(?P<good>{_GOOD})|(?P<bad>{_BAD}))\b|"
    rf"(?:(?P<kind>{_KIND})|(?P<unkind>{_BAD}))\s+answer\b)"
    r"(?:\s+(?:answer|one|result))?",
    re.IGNORECASE,
)


def judgement(text: str) -> bool | None:
    """Return whether a person is content with an answer; None where they do not say."""
    said = _SAYS.match(text.strip())
    if said is None or text.rstrip().endswith("?"):
        return None
    if said["thumb"]:
        return said["thumb"].lower() == "up"
    is_good = bool(said["up"] or said["good"] or said["kind"])
    return is_good != bool(said["no"] or said["negated"])


def comment(text: str) -> str | None:
    """Return what a person says beside a bare judgement."""
    said = _SAYS.match(text.strip())
    rest = text.strip()[said.end() :].strip(" .!:;,-–—") if said else ""
    return text.strip() if rest else None
