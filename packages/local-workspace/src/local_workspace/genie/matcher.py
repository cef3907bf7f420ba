"""Finds the curated example of a space that answers a question, or none.

A question becomes a set of features: `revenue`, `by:r_name`, `filter:last quarter`,
`value:r_name=EUROPE`, `number:5`, and plain words. An example answers it if every feature is
explained: it stands in the example, fills one of its parameters, or is a filter or value that can
be added to the example's SQL as a condition. A word that nothing explains means: no answer. That is
strict, because a wrong figure is worse than a question back.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from local_workspace.genie.composing import sorts_by_size, with_conditions
from local_workspace.genie.knowledge import Example, Knowledge
from local_workspace.genie.wording import FOLLOW_UPS, STOP_WORDS, words_of
from local_workspace.sql import Parameter

THRESHOLD = 0.75
"""How much of an example's own features a question must have (as an F-measure)."""
_CONDITION_COSTS = 0.02
"""An example that says it all is better than one with conditions added."""
_MOST_FOLLOW_UP = 5
"""A follow-up has at most this many features; more is a question of its own."""
_CLOSE = 0.82
_SHORTEST_TYPO = 5
_PHRASES = {"how many": "count", "number of": "count", "count of": "count"}

Features = frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Match:
    """An example that answers a question, ready to run."""

    example: Example
    sql: str
    """The example's SQL with the conditions that the question adds."""
    parameters: tuple[Parameter, ...]
    conditions: tuple[str, ...]
    """What was added, in words."""
    features: Features
    """What the question, with those before it, was about."""
    score: float


class Matcher:
    """Matches questions with what one space knows."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._phrases = dict(_phrases(knowledge))
        self._longest = max(len(phrase) for phrase in self._phrases)
        self._examples = [
            (example, self._features(question))
            for example in knowledge.examples
            for question in example.questions
        ]
        known = {token for _, features in self._examples for token in features}
        self._vocabulary = {token for token in known if token.isalpha()} | {
            word for phrase in self._phrases for word in phrase
        }

    def match(self, question: str, context: Iterable[str] = ()) -> Match | None:
        """Return the best match of a question.

        Args:
            question: The user's words.
            context: The features of the last match in the same conversation.
        """
        words = [self._corrected(word) for word in words_of(question)]
        own = self._features(" ".join(words))
        attempts: list[tuple[Features, Features]] = [(own, frozenset())]
        before = frozenset(context)
        if before and own and len(own) <= _MOST_FOLLOW_UP:
            soft = frozenset(each for each in own if self._slot(each) == each)
            if own - soft and not any(map(self._is_dimension, soft)):
                leans = words[0] in FOLLOW_UPS and not self._has_measure(own)
                attempts.insert(0 if leans else 1, (self._merged(before, own - soft), soft))
        for features, soft in attempts:
            matches = [self._try(*each, features, soft) for each in self._examples]
            found = [match for match in matches if match and match.score >= THRESHOLD]
            if found:
                return max(found, key=lambda match: match.score)
        return None

    def _corrected(self, word: str) -> str:
        """Return the known word that a misspelt one is close to."""
        known = word in self._vocabulary or word in STOP_WORDS or not word.isalpha()
        if known or len(word) < _SHORTEST_TYPO:
            return word
        close = difflib.get_close_matches(word, self._vocabulary, n=1, cutoff=_CLOSE)
        return close[0] if close else word

    def _features(self, text: str) -> Features:
        words, found, by, index = words_of(text), set(), False, 0
        was_by = False
        while index < len(words):
            token, length = self._phrase_at(words, index)
            word = words[index]
            index += length
            # "By region and month" groups by both.
            if token is None and (word == "by" or (word == "and" and was_by)):
                by = True
            elif token is not None or word not in STOP_WORDS:
                token = token or _plain(word)
                was_by = by and self._is_dimension(token)
                found.add(f"by:{token}" if was_by else token)
                by = False
        return frozenset(found)

    def _phrase_at(self, words: Sequence[str], index: int) -> tuple[str | None, int]:
        for length in range(min(self._longest, len(words) - index), 0, -1):
            if token := self._phrases.get(tuple(words[index : index + length])):
                return token, length
        return None, 1

    def _is_dimension(self, token: str) -> bool:
        return token in self._knowledge.synonyms and token not in self._knowledge.measures

    def _has_measure(self, features: Features) -> bool:
        return bool(features & (self._knowledge.measures | {"count", "average"}))

    def _slot(self, feature: str) -> str:
        """Return what a feature of a follow-up replaces: the period, the grouping, ..."""
        kind, _, rest = feature.partition(":")
        if feature in self._knowledge.measures or feature in ("count", "average"):
            return "a measure"
        if kind == "filter":
            condition = self._knowledge.filters[rest]
            columns = {column.name for column in _parsed(condition).find_all(exp.Column)}
            is_period = "current_date" in condition.lower()
            return "a period" if is_period else f"a filter on {sorted(columns)}"
        if kind == "value":
            return f"a value of {rest.partition('=')[0]}"
        return {"by": "a grouping", "number": "a number", "year": "a period"}.get(kind, feature)

    def _merged(self, before: Features, own: Features) -> Features:
        replaced = {self._slot(each) for each in own}
        return own | {each for each in before if self._slot(each) not in replaced}

    def _try(
        self, example: Example, wanted: Features, features: Features, soft: Features
    ) -> Match | None:
        asked = _aligned(features, wanted)
        filled = self._parameters(example, asked)
        if filled is None:
            return None
        parameters, used = filled
        own = {each for each in wanted if not each.startswith(":")}
        if any(each.startswith(("filter:", "by:")) for each in own - asked):
            return None
        left = asked - own - used - soft
        if "top" in left and sorts_by_size(example.sql):
            left -= {"top"}
        if any(not each.startswith(("filter:", "value:")) for each in left):
            return None
        matched = len(own & asked) + len(used)
        score = 2 * matched / (matched + len(own) + len(used)) - _CONDITION_COSTS * len(left)
        if not own & asked or score < THRESHOLD:
            return None
        sql = with_conditions(example.sql, self._conditions(left), columns=self._knowledge.columns)
        if sql is None:
            return None
        return Match(
            example=example,
            sql=sql,
            parameters=parameters,
            conditions=tuple(each.partition(":")[2].split("=")[-1] for each in sorted(left)),
            features=features,
            score=score,
        )

    def _parameters(
        self, example: Example, asked: Features
    ) -> tuple[tuple[Parameter, ...], Features] | None:
        """Return the values of an example's parameters and the features that gave them."""
        parameters: list[Parameter] = []
        used: set[str] = set()
        for name, sql_type in example.parameters.items():
            prefix = _prefix(name, sql_type, example.columns.get(name, ""))
            given = [each for each in sorted(asked - used) if each.startswith(prefix)]
            if len(given) > 1 or not (given or name in example.defaults):
                return None
            value = given[0].removeprefix(prefix) if given else example.defaults[name]
            parameters.append(Parameter(name=name, value=value, type=sql_type))
            used |= set(given)
        return tuple(parameters), frozenset(used)

    def _conditions(self, features: Features) -> list[str]:
        """Return conditions that must all hold; of two regions or periods, either will do."""
        slots: dict[str, list[str]] = {}
        for each in sorted(features):
            slots.setdefault(self._slot(each), []).append(self._condition(each))
        return [" OR ".join(f"({each})" for each in either) for either in slots.values()]

    def _condition(self, feature: str) -> str:
        kind, _, rest = feature.partition(":")
        if kind == "filter":
            return self._knowledge.filters[rest]
        column, _, value = rest.partition("=")
        return exp.column(column).eq(value).sql(dialect="databricks")


def _prefix(name: str, sql_type: str, column: str) -> str:
    """Return how a feature begins that can fill a parameter."""
    if sql_type.upper() in ("STRING", "DATE"):
        return f"value:{column}="
    return "year:" if "year" in name.lower() else "number:"


def _plain(word: str) -> str:
    if not word.isdigit():
        return word
    return f"year:{word}" if 1900 <= int(word) <= 2100 else f"number:{word}"


def _aligned(features: Features, wanted: Features) -> Features:
    """Return features with `by:x` as `x` or the other way round, where the example says so."""
    aligned = set(features)
    for each in features - wanted:
        other = each.removeprefix("by:") if each.startswith("by:") else f"by:{each}"
        if other in wanted - features:
            aligned = aligned - {each} | {other}
    return frozenset(aligned)


def _phrases(knowledge: Knowledge) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the words of everything that has a name in the space, with its feature."""
    for phrase, token in _PHRASES.items():
        yield tuple(words_of(phrase)), token
    for column, values in knowledge.values.items():
        for value in values:
            yield tuple(words_of(value)), f"value:{column}={value}"
    for token, synonyms in knowledge.synonyms.items():
        for synonym in synonyms:
            yield tuple(words_of(synonym)), token
    for name in knowledge.filters:
        for synonym in (name, *knowledge.filter_synonyms[name]):
            yield tuple(words_of(synonym)), f"filter:{name}"


def _parsed(condition: str) -> exp.Expression:
    parsed = sqlglot.parse_one(condition, read="databricks")
    assert isinstance(parsed, exp.Expression)
    return parsed
