"""English questions as lists of words in one form."""

from __future__ import annotations

import re

NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        # One line of words reads better than a list of quoted ones.
        "one two three four five six seven eight nine ten eleven twelve".split(),  # noqa: SIM905
        start=1,
    )
} | {"fifteen": "15", "twenty": "20", "fifty": "50", "hundred": "100"}

_ALIKE = {
    "past": "last",
    "previous": "last",
    "prior": "last",
    "current": "this",
    "avg": "average",
    "mean": "average",
    "per": "by",
    "each": "by",
    "every": "by",
    "across": "by",
    "which": "by",
    "best": "top",
    "highest": "top",
    "largest": "top",
    "biggest": "top",
    "most": "top",
    "leading": "top",
    "daily": "by day",
    "monthly": "by month",
    "quarterly": "by quarter",
    "yearly": "by year",
    "annual": "by year",
    "annually": "by year",
}

STOP_WORDS = frozenset(
    """
    a an the of in on at to for from with within over during as and or but then
    is are was were be been being am do does did done have has had having can could would should
    will shall may might must i me my we us our you your he she it its they them their this that
    these those there here who whom whose what where when how why much s please tell show give get
    list display find see want need know like let lets look compute calculate calculated report
    total overall all altogether only just now again also too still both same instead about
    filter filtered restrict limit limited narrow it many money company business develop developed
    development made make placed come came go went worldwide globally up if one ones any some
    """.split()  # noqa: SIM905
)

FOLLOW_UPS = frozenset(
    {
        "and",
        "only",
        "now",
        "just",
        "but",
        "also",
        "what",
        "how",
        "same",
        "filter",
        "or",
        "instead",
        "ok",
        "then",
    }
)
"""Words with which a question begins that leans on the one before it."""

_HISTORY = re.compile(r"^(?:user|human|none|unknown): ", re.IGNORECASE | re.MULTILINE)


def question_in(text: str) -> str:
    """Return the last question of a text that is a whole chat, else the text.

    GenieAgent of databricks-langchain sends the history of a chat as one message.
    """
    if not text.lstrip().lower().startswith("i will provide you a chat history"):
        return text
    return _HISTORY.split(text)[-1].strip()


def words_of(text: str) -> list[str]:
    """Return a text's words in small letters, singular, with numbers as digits."""
    found: list[str] = []
    for word in re.findall(r":?[a-z0-9_]+", text.lower().replace("'s", "")):
        form = NUMBERS.get(word, _ALIKE.get(word, word))
        found += [part if part[0] == ":" else _singular(part) for part in form.split()]
    return found


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
