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
    Cancelled,
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
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import choose_space

NATIONS = "How many nations are in each region?"
KEYS = "List the keys of the first orders"
START = "*/start-conversation"
MANY = "SELECT l_orderkey FROM samples.tpch.lineitem LIMIT 7000"
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


def cut(path: str, **more: Any) -> Mapping[str, Any]:
    """Return the fault that the answer ends in its middle."""
    return {"kind": "cut", "path": path, **more}


def failing(error: str, kind: str) -> Mapping[str, Any]:
    """Return the rule that a message fails."""
    return {"error": {"error": error, "type": kind}}


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
    rule: Mapping[str, Any] = field(default_factory=dict)
    """What Genie is told to answer."""


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
        expected=Unreachable,
        faults=({"kind": "hang", "path": START, "seconds": 4},),
        questions=0,
        settings=BRIEFLY,
    ),
    "a look lost": Case(expected=Answered, faults=(dropped(MESSAGE),)),
    "looks throttled": Case(expected=Answered, faults=(status(429, MESSAGE, times=2),)),
    "looks failing": Case(expected=Answered, faults=(status(500, MESSAGE, times=3),)),
    "no look ever": Case(
        expected=TooSlow, faults=(always(status(500, MESSAGE)),), settings=BRIEFLY
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
    "cancelled in the workspace": Case(expected=Cancelled, rule={"status": "CANCELLED"}),
    "an expired result": Case(
        expected=Answered, rule={"sql": "SELECT 1 AS one", "status": "QUERY_RESULT_EXPIRED"}
    ),
    "a status that nobody knows": Case(
        expected=Answered, rule={"statuses": [{"status": "DREAMING", "seconds": 0.5}]}
    ),
    "a status that never ends": Case(
        expected=TooSlow, rule={"status": "ASKING_AI"}, settings=BRIEFLY
    ),
    "nothing but suggestions": Case(expected=Failed, rule={"attachments": []}),
    "words alone": Case(expected=Answered, rule={"text": "There are five."}),
    "an error without words": Case(expected=Failed, rule=failing("", "UNKNOWN_AI_MODEL")),
    "an error of a new kind": Case(expected=Failed, rule=failing("Why", "NEW_EXCEPTION")),
    "Genie's own rate limit": Case(
        expected=Throttled, rule=failing("Slow down", "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION")
    ),
    "no right to the warehouse": Case(
        expected=NoAccess, rule=failing("No", "WAREHOUSE_ACCESS_MISSING_EXCEPTION")
    ),
    "no right to a table": Case(
        expected=NoAccess,
        rule=failing("[INSUFFICIENT_PERMISSIONS] No SELECT on t.", "SQL_EXECUTION_EXCEPTION"),
    ),
    "an attempt that it gave up": Case(
        expected=Answered,
        rule={
            "attachments": [
                {"query": {"query": "SELECT 1 AS x", "description": "First."}},
                {"query": {"query": "SELECT 2 AS x", "description": "Second."}},
            ]
        },
    ),
    "a chunk that does not come": Case(
        expected=Partial,
        rule={"sql": MANY},
        faults=(always(status(500, CHUNK)),),
        settings={"timeout_seconds": 4, "read_rows": 6000},
    ),
    "a chunk that comes late": Case(
        expected=Answered,
        rule={"sql": MANY, "row_limit": 7000},
        faults=(status(503, CHUNK),),
        settings={"read_rows": 7000},
    ),
    "a look that is no JSON": Case(expected=Answered, faults=(cut(MESSAGE, after_bytes=40),)),
    "a look in another form": Case(
        expected=Answered, faults=({"kind": "answer", "path": MESSAGE, "body": {"status": 7}},)
    ),
    "the question's answer in another form": Case(
        expected=Answered, faults=({"kind": "patch", "path": START, "body": {"message_id": None}},)
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_each_fault_has_its_outcome(
    case: Case, outcome_of: Any, add_fault: Any, add_rule: Any, count_questions: Any
) -> None:
    before = count_questions()
    if case.rule:
        add_rule(**case.rule)
    for fault in case.faults:
        add_fault(**fault)

    outcome = await outcome_of(case.question, **case.settings)

    assert type(outcome) is case.expected, outcome
    assert told(outcome).startswith("Genie could not answer: ") == isinstance(outcome, NoAnswer)
    assert count_questions() - before == case.questions


def told(outcome: Outcome) -> str:
    """Return what the person reads of an outcome."""
    space = {"space_id": "01f1", "description": "Examples."}
    settings = GenieSettings.model_validate({"spaces": {"examples": space}})
    telling = Telling(settings=settings, space=choose_space(settings, None), question=NATIONS)
    return telling.answer(outcome).text
