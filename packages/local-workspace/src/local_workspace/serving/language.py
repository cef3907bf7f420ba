"""What a request in plain English asks for, as far as verbs and word stems tell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from local_workspace.serving.judgement import judgement

_LONGEST = 8_000
"""Characters of a message that are read; what comes after them decides nothing."""


class Intent(Enum):
    """What is wanted; the value is the stems by which a tool says that it does this."""

    CANCEL = ("terminat", "cancel", "stop", "abort")
    REPAIR = ("repair", "retry", "mend")
    LIST = ("list", "runs", "histor")
    STATUS = ("poll", "status", "progress", "state", "check", "follow")
    START = ("start", "launch", "trigger", "job", "run", "submit", "execut", "workflow")
    FETCH = ("fetch", "bring")
    EXPLAIN = ("explain", "provenance", "lineage")
    RATE = (r"rate\b", "rating", "feedback", "thumb")
    WITHDRAW = ("withdraw", "retract")
    ASK = ("quer", "genie", "question", "data", "answer", "sql", "ask", "table", "revenue")


_QUESTION = (
    r"what|how|which|who|whose|when|where|why|show|list|give|tell|compare|ask|is|are|was|did"
)
_ORDER = (
    r"analy[sz]e|start|run|re-?run|launch|kick off|trigger|execute|begin|submit|process|detect|"
    r"scan|investigate|train|audit|refresh|rebuild|generate|look (?:for|into)|go ahead"
)
_CANCEL = r"cancel|stop|terminate|abort|kill|halt|end"
_REPAIR = r"repair|retry|mend|re-?run (?:only |just )?(?:the |what )?failed|try again"
_POLITE = (
    r"(?:(?:please|now|also|and|then|next|finally|so|first|just|(?:can|could|would|will) you|"
    r"i(?: would|'d)? (?:want|like|need)(?: you)? to|let'?s|you can|kindly|hi|hello|hey|there|"
    r"thanks|thank you|great|yes|no|ok(?:ay)?)\b[\s,.!]*)*"
)
_OPENING = re.compile(rf"^[\W_]*{_POLITE}", re.IGNORECASE)
_PAST = re.compile(r"^(?:did|has|have|is|was|were|are|why)\b", re.IGNORECASE)
_STATUS = re.compile(
    r"\b(?:status|progress|how far|still running|poll|is it (?:done|ready|finished)|"
    r"(?:done|finished|ready|completed) (?:yet|already)|"
    r"how is (?:it|the|my)\b.*\b(?:job|run|going)|"
    r"what (?:did|has) (?:it|the (?:job|run))|check (?:on )?(?:it|the (?:job|run))|"
    r"\b(?:my|which|what|all|list|show)\b.{0,12}\b(?:runs|jobs)\b|"
    r"results? of (?:it|the (?:job|run)|run)|(?:job|run) #?\d\w*\W*$)",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"\b(?:my|which|what|all|list|show)\b.{0,12}\bruns\b|\bmy\b.{0,12}\bjobs\b|"
    r"\b(?:everybody|everyone)['’]s\s+(?:runs|jobs)\b|"
    r"\b(?:runs|jobs)\s+of\s+(?:everybody|everyone)\b",
    re.IGNORECASE,
)
_FETCH = re.compile(
    r"^(?:fetch|bring|get|give)\s+(?:me\s+)?(?:my|the|that|its|genie['’]s)\s+answer\b|"
    r"\bis\s+(?:my|the|that|genie['’]s)\s+answer\s+(?:there|here|ready|done)\b|"
    r"^has\s+genie\s+answered\b",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    r"^where\s+(?:do|does|did)\s+(?:(?:these|those|this|that|the|your)\s+(?:last\s+)?"
    r"(?:figures?|numbers?|answers?|data|results?|rows?|values?)|it|this|that|these|those)\s+"
    r"come\s+from\b|^explain\s+(?:the|that|this|your|these|those)\s+(?:last\s+)?"
    r"(?:figures?|numbers?|answers?|results?)\b",
    re.IGNORECASE,
)
_WITHDRAW = re.compile(
    r"^(?:forget|withdraw|drop|cancel|stop|abandon|give\s+up|never\s*mind)\s+(?:about\s+|on\s+)?"
    r"(?:(?:that|this|the|my|your|its|genie['’]s)\s+)?(?:last\s+|open\s+|late\s+)?(?:genie\s+)?"
    r"(?:question|answer)\b|^(?:stop|cancel)\s+genie\b|"
    r"\b(?:do\s+not|don['’]t|no\s+longer)\s+(?:need|want)\s+(?:the|that|an|my)\s+answer\b",
    re.IGNORECASE,
)
_WITHDRAW_ONE = re.compile(
    r"^(?:forget|withdraw)\s+(?:about\s+)?(?!(?:it|that|this|what)\b)[\"“]?(?P<words>\S+\s+\S.*)",
    re.IGNORECASE,
)
"""A question is given up by its own words."""
_FOLLOW_UP = re.compile(
    r"^\W*(?:(?:and|but|now|ok(?:ay)?|what\s+about|how\s+about|the\s+same|same)\b[\s,]*)*"
    r"(?:by|per|for|in|only|just|as|of|from|last|this)\b",
    re.IGNORECASE,
)
_CHART = re.compile(
    r"^(?:draw|plot|chart|graph|visuali[sz]e)\b|"
    r"^(?:make|create|generate|build|show|give|add)\b.*\b(?:chart|plot|graph|diagram)\b(?!\s+job)|"
    r"\b(?:as|in|into)\s+a\s+(?:\w+\s+)?(?:chart|plot|graph|diagram)\b",
    re.IGNORECASE,
)
_ABOUT_A_RUN = re.compile(r"\b(?:job|run|it|that|this|analysis|workflow)\b", re.IGNORECASE)
_SMALL_TALK = re.compile(
    r"^(?:(?:hi|hello|hey|thanks?|thank you|good (?:morning|day|evening|afternoon)|goodbye|bye|"
    r"great|cool|nice|perfect|ok|okay|yes|no|help|who are you|what are you|what can you do|"
    r"what do you do|how are you|how can you help|there|again|all|a lot|so much|very much|"
    r"for (?:that|me|your help)|me|today|and)\b|[\W_])+$",
    re.IGNORECASE,
)
_THEN = re.compile(
    r"[,;.]?\s*\b(?:and\s+)?(?:then|after\s+(?:that|this)|afterwards|once\s+(?:that|this|it)\s+is\s+"
    rf"done)\b[,\s]+|[,;.]\s*(?:and\s+)?next\b[,\s]+|;\s+|(?<=[.!?])\s+|,?\s+and\s+(?:also\s+)?(?=(?:{_REPAIR}|{_ORDER}|{_CANCEL}|"
    r"show|list|ask|tell|give|what|how (?:many|much)|which)\b)",
    re.IGNORECASE,
)
_ASKS_SOMEONE = re.compile(
    r"^ask\s+(?:the\s+)?\w+(?:\s+(?:agent|space))?\s+(?:for|about|to)\b", re.IGNORECASE
)
_WORD = re.compile(r"[a-z0-9]+")
_SAME = {"everybody": "everyone"}
_EMPTY = frozenset(
    _WORD.findall(
        "a about all also an and any are as at be by can could do does for from get has have i in "
        "into is it its like me my need no not of on or our over please so some tell that the "
        "their them then there these this to up us want was we what when which will with would "
        "you your"
    )
)


@dataclass(frozen=True, kw_only=True)
class Clause:
    """One step of a request."""

    text: str
    intent: Intent | None

    @property
    def bare(self) -> str:
        """The text without the polite words before it."""
        return _OPENING.sub("", self.text)

    @property
    def is_follow_up(self) -> bool:
        """Whether it only says more of what was asked before: "and by region?"."""
        return bool(_FOLLOW_UP.match(self.text))

    @property
    def withdrawn(self) -> str:
        """The words of the question that it gives up; empty where it has none."""
        named = _WITHDRAW_ONE.match(self.bare)
        return named["words"] if named and not _WITHDRAW.search(self.bare) else ""

    @property
    def question(self) -> str:
        """The text without the "ask Genie for" before it."""
        bare = self.bare
        asked = _ASKS_SOMEONE.match(bare)
        return (bare[asked.end() :].strip(" ,;") if asked else "") or self.text


def clauses_of(text: str) -> list[Clause]:
    """Return the steps of a request, in order; a remark that asks nothing joins its neighbour."""
    steps: list[Clause] = []
    waiting = ""
    for part in _THEN.split(text[:_LONGEST]):
        said = f"{waiting} {part.strip()}".strip()
        intent = None if is_small_talk(part) else intent_of(part)
        if intent is not None:
            steps.append(Clause(text=said, intent=intent))
            waiting = ""
        elif not is_small_talk(part) and steps:
            steps[-1] = Clause(text=f"{steps[-1].text} {said}", intent=steps[-1].intent)
        elif not is_small_talk(part):
            waiting = said
    if not steps and len(words(waiting)) > 1:
        # Words that are no small talk and no order ("revenue by nation") are taken for a question.
        steps.append(Clause(text=waiting, intent=Intent.ASK))
    return steps


def intent_of(text: str) -> Intent | None:
    """Return what one clause asks for, or None where no rule knows."""
    bare = _OPENING.sub("", text)
    if (judgement(bare), judgement(text)) != (None, None):
        return Intent.RATE
    if _about_an_answer(bare) is not None:
        return _about_an_answer(bare)
    if re.match(rf"(?:{_CANCEL})\b", bare, re.IGNORECASE) and not _PAST.match(bare):
        return Intent.CANCEL
    if re.match(rf"(?:{_REPAIR})\b", bare, re.IGNORECASE):
        return Intent.REPAIR
    return _of_runs(bare) or _of_data(bare, is_question=text.rstrip().endswith("?"))


def _about_an_answer(bare: str) -> Intent | None:
    patterns = {
        Intent.WITHDRAW: _WITHDRAW,
        Intent.ASK: _CHART,
        Intent.FETCH: _FETCH,
        Intent.EXPLAIN: _EXPLAIN,
    }
    if _WITHDRAW_ONE.match(bare):
        return Intent.WITHDRAW
    return next((intent for intent, each in patterns.items() if each.search(bare)), None)


def _of_runs(bare: str) -> Intent | None:
    if _RUNS.search(bare):
        return Intent.LIST
    if _STATUS.search(bare) or (_PAST.match(bare) and _ABOUT_A_RUN.search(bare)):
        return Intent.STATUS
    return Intent.START if re.match(rf"(?:{_ORDER})\b", bare, re.IGNORECASE) else None


def _of_data(bare: str, *, is_question: bool) -> Intent | None:
    asks = is_question or re.match(rf"(?:{_QUESTION})\b", bare, re.IGNORECASE)
    return Intent.ASK if asks else None


def is_small_talk(text: str) -> bool:
    """Return whether a message needs no tool."""
    if judgement(text) is not None:
        return False
    return bool(_SMALL_TALK.match(text)) or not words(text)


def words(text: str) -> set[str]:
    """Return the words that carry meaning, in lower case and without the plural's ending."""
    found = _WORD.findall(text[:_LONGEST].lower())
    return {_singular(word) for word in found if word not in _EMPTY}


def _singular(word: str) -> str:
    if word in _SAME:
        return _SAME[word]
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
