"""Finds the id of a run in a request, whole and as it was written."""

from __future__ import annotations

import re

_AFTER_A_NOUN = re.compile(
    r"(?:\b(?:run|job|operation|id|number|run_id|job_id)\b[\s:=#]*|#)(?=(\S+)(.*))",
    re.IGNORECASE | re.DOTALL,
)
_BEGINS_WITH_A_DIGIT = re.compile(r"(?<!\S)[\"'`(#]*(-?\d\S*)")
_AROUND = "\"'`“”.,;:!?()*#"
_ORDINARY = frozenset(
    # One line of words reads better than a list of quoted ones.
    """
    a about after again all already also an and any anyway are as at back because been before being
    but by can cancelled completed could did do does doing done down either else ended everything
    failed far finished first fine for from get getting give go going had has have he help her here
    him his how i id if in instead into is it its itself job jobs just last later latest let like
    long look me more my new next no not now number of off ok okay on once one operation or our
    out over please progress queued ready repair result results right run running runs say she
    should so some somehow soon started starting state status still stop stopped stuck sure task
    tasks tell than thank thanks that the their them then there these they this those time to today
    tomorrow tonight too under until up us very via was way we well were what when where which
    while who why will with would yes yesterday yet you your
    """.split()  # noqa: SIM905
)


def identifier_in(text: str) -> str | None:
    """Return the word that is given as an id, or None.

    It is the word after "run", "job" or "id" if it has a digit, or if it is no ordinary word and
    nothing but ordinary words follow; else a word that begins with a digit. It may be no number
    ("abc", "12x4"): whoever gave it means that one, and no other.
    """
    for word, rest in _AFTER_A_NOUN.findall(text):
        given: str = word.strip(_AROUND)
        if re.search(r"\d", given) or (_is_name(given) and all(map(_is_ordinary, rest.split()))):
            return given
    found = _BEGINS_WITH_A_DIGIT.search(text)
    return str(found[1]).strip(_AROUND) if found else None


def _is_name(word: str) -> bool:
    return bool(word) and not _is_ordinary(word)


def _is_ordinary(word: str) -> bool:
    # "immediately", "it's", "I'd"
    plain = word.strip(_AROUND).lower()
    return not plain or plain in _ORDINARY or plain.endswith("ly") or "'" in plain or "’" in plain
