"""Each answer and each fault of Genie's API, and what comes of it.

The table is the list: one line for each, with the question, the faults that happen to its requests,
and the outcome.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from lakevisor_genie.answers import Telling
from lakevisor_genie.outcomes import (
    Answered,
    Empty,
    Expired,
    Failed,
    NoAccess,
    NoAnswer,
    NotFound,
    NotUnderstood,
    Outcome,
    Partial,
    Throttled,
    TooSlow,
    Unreachable,
)
from lakevisor_genie.spaces import choose_space

NATIONS = "How many nations are in each region?"
KEYS = "List the keys of the first orders"
START = "*/start-conversation"
MESSAGE = "*/messages/????????????????????????????????"
MESSAGES = "*/messages"
CONVERSATIONS = "*/conversations"
RESULT = "*/query-result"
RERUN = "*/execute-query"
CHUNK = "*/result/chunks/*"
Faults = tuple[Mapping[str, Any], ...]


def status(code: int, path: str, **more: Any) -> Mapping[str, Any]:
    return {"kind": "status", "status": code, "path": path, **more}


def lost(path: str, **more: Any) -> Mapping[str, Any]:
    """Return the fault that all is done and the answer is lost."""
    return {"kind": "lost_answer", "path": path, **more}


def dropped(path: str, **more: Any) -> Mapping[str, Any]:
    """Return the fault that the connection is lost before anything is done."""
    return {"kind": "drop_before", "path": path, **more}


def always(fault: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**fault, "times": None}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A line of the table."""

    expected: type[Outcome]
    """What comes of it."""
    question: str = NATIONS
    """What is asked."""
    faults: Faults = ()
    """What happens to its requests."""
    questions: int = 1
    """How many questions Genie has in the end."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What differs from the settings' defaults."""


BRIEFLY = {"timeout_seconds": 3}
CASES = {
    "rows": Case(expected=Answered),
    "no rows": Case(expected=Empty, question="Which nations begin with Q?"),
    "many chunks": Case(expected=Answered, question=KEYS, settings={"read_rows": 2500}),
    "more rows than the budget": Case(
        expected=Partial, question=KEYS, settings={"read_rows": 7, "max_rows": 5}
    ),
    "more bytes than the budget": Case(
        expected=Partial, question=KEYS, settings={"read_bytes": 100}
    ),
    "cut by the warehouse": Case(
        expected=Partial,
        question="List the comments of very many shipments",
        settings={"read_rows": 100_000, "read_bytes": 10_000_000},
    ),
    "a question back": Case(expected=NotUnderstood, question="Hello"),
    "a statement that fails": Case(expected=Failed, question="Show the broken report of parts"),
    "a question that is too long": Case(expected=Failed, question="x" * 100_001, questions=0),
    "too slow": Case(expected=TooSlow, settings={"timeout_seconds": 0.5}),
    "no such space": Case(expected=NotFound, settings={"space_id": "0" * 32}, questions=0),
    "no right to ask": Case(expected=NoAccess, faults=(status(403, START),), questions=0),
    "too many questions for a moment": Case(
        expected=Answered, faults=(status(429, START, retry_after=1),)
    ),
    "too many questions for long": Case(
        expected=Throttled, faults=(status(429, START, retry_after=60),), questions=0
    ),
    "the question's answer lost": Case(expected=Answered, faults=(lost(START),)),
    "the question lost": Case(expected=Answered, faults=(dropped(START),)),
    "the question refused for a moment": Case(expected=Answered, faults=(status(503, START),)),
    "a fault at the question": Case(expected=Answered, faults=(status(500, START),)),
    "the answer lost, and the first look": Case(
        expected=Answered, faults=(lost(START), dropped(CONVERSATIONS))
    ),
    "the answer lost, and no look succeeds": Case(
        expected=Unreachable,
        faults=(lost(START), always(status(500, CONVERSATIONS))),
        settings=BRIEFLY,
    ),
    "nobody takes the question": Case(
        expected=Unreachable, faults=(always(dropped(START)),), questions=0
    ),
    "the question hangs": Case(
        expected=TooSlow,
        faults=({"kind": "hang", "path": START, "seconds": 4},),
        questions=0,
        settings=BRIEFLY,
    ),
    "a look lost": Case(expected=Answered, faults=(dropped(MESSAGE),)),
    "looks throttled": Case(expected=Answered, faults=(status(429, MESSAGE, times=2),)),
    "looks failing": Case(expected=Answered, faults=(status(500, MESSAGE, times=3),)),
    "no look ever": Case(
        expected=Unreachable, faults=(always(status(500, MESSAGE)),), settings=BRIEFLY
    ),
    "deleted while it is asked": Case(expected=NotFound, faults=(status(404, MESSAGE),)),
    "the result's answer lost": Case(expected=Answered, faults=(lost(RESULT),)),
    "the result failing once": Case(expected=Answered, faults=(status(500, RESULT),)),
    "the result gone": Case(expected=Answered, faults=(status(404, RESULT),)),
    "the result gone for good": Case(
        expected=Expired, faults=(always(status(404, RESULT)), always(status(404, RERUN)))
    ),
    "the rerun's answer lost": Case(expected=Answered, faults=(status(404, RESULT), lost(RERUN))),
    "no right to the result": Case(expected=NoAccess, faults=(status(403, RESULT),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_each_fault_has_its_outcome(
    case: Case, outcome_of: Any, settings: Any, add_fault: Any, count_questions: Any
) -> None:
    before = count_questions()
    for fault in case.faults:
        add_fault(**fault)

    outcome = await outcome_of(case.question, **case.settings)

    assert type(outcome) is case.expected, outcome
    given = settings(**case.settings)
    telling = Telling(settings=given, space=choose_space(given, None), question=case.question)
    answer = telling.answer(outcome)
    assert answer.text.startswith("Genie could not answer: ") == isinstance(outcome, NoAnswer)
    assert count_questions() - before == case.questions
