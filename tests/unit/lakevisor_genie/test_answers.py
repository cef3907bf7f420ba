"""From an outcome to what is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_genie.answers import Telling
from lakevisor_genie.outcomes import (
    Answered,
    Cancelled,
    Expired,
    Failed,
    MessageRef,
    NoAccess,
    NoAnswer,
    NotFound,
    NotUnderstood,
    Query,
    Reply,
    Throttled,
    TooSlow,
    Unreachable,
)
from lakevisor_genie.provenance import Provenance
from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import choose_space
from lakevisor_genie.values import Column, Value
from lakevisor_plugin import Answer

AT = MessageRef(space_id="s", conversation_id="c", message_id="m")
SQL = "SELECT COUNT(*) AS `open_orders` FROM `orders`"
QUERY = Query(attachment_id="a1", sql=SQL, description="The number of open orders.")
WORDS = ("There are **7,333** open orders.",)
SPACE = {"space_id": "01f1", "title": "Sales", "description": "Orders."}


def telling(*, spaces: int = 1, **more: Any) -> Telling:
    named = {f"space{number}": SPACE for number in range(spaces)}
    settings = GenieSettings.model_validate({"spaces": named, **more})
    space = choose_space(settings, "space0")
    return Telling(settings=settings, space=space, question="How many orders are open?")


def answered(*rows: list[Value], sql: str = SQL, told: Telling | None = None, **of: Any) -> Answer:
    columns = [Column(name="open_orders", type_name="LONG")]
    rows = rows or ([7333],)
    table = ResultTable(columns=columns, rows=rows, row_count=len(rows))
    reply = Reply(**{"at": AT, "query": QUERY, "words": WORDS, **of})
    ids = {"conversation_id": "c", "message_id": "m", "statement_id": "s1"}
    source = Provenance(space="space0", question="?", outcome="answered", sql=sql, **ids)
    return (told or telling()).answer(Answered(reply=reply, table=table), source)


def test_the_words_come_first_and_then_the_figures() -> None:
    assert answered().text == "There are **7,333** open orders.\n\n**open_orders: 7,333**"


def test_without_words_the_query_is_described() -> None:
    assert answered(words=()).text.startswith("The number of open orders.\n\n")


def test_further_questions_are_offered() -> None:
    found = answered(suggestions=("By region?", "By day?"), told=telling(suggestions=1))

    assert found.text.endswith("\n\nYou could ask next:\n\n- By region?")
    assert found.data["suggested_questions"] == ["By region?", "By day?"]


def test_where_there_are_several_spaces_each_answer_names_its_own() -> None:
    assert answered(told=telling(spaces=2)).text.endswith("\n\n*Source: Sales*")


def test_what_the_model_reads_is_bounded_whatever_the_result() -> None:
    many = [["x" * 100] for _ in range(500)]

    found = answered(*many, sql="S" * 90_000, words=("w" * 90_000,))

    assert len(found.for_model) <= 8000
    assert "of 500 rows." in found.for_model
    assert found.for_model.endswith("```")


def test_a_question_back_is_passed_on_word_for_word() -> None:
    reply = Reply(at=AT, words=("Which measure?",), question_back="Which measure?")

    found = telling().answer(NotUnderstood(reply=reply))

    assert found.text == "Which measure?"
    assert found.data["outcome"] == "not_understood"


MISSING = "SELECT on the table `samples.tpch.orders`"


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Failed(reason="no column nope"), "it failed with 'no column nope'."),
        (Failed(), "it failed and gave no reason."),
        (Cancelled(), "the question was cancelled in the workspace."),
        (Expired(), "the result of its query has expired"),
        (Throttled(seconds=12.3), "it takes no more questions for now. Ask again in about 12 s."),
        (Throttled(), "it takes no more questions for now. Ask again in a minute."),
        (TooSlow(seconds=45), "it has not finished after 45 s."),
        (NoAccess(), "there is no permission for the space 'Sales'."),
        (NoAccess(to="tables", missing=MISSING), f"there is no permission for {MISSING} of"),
        (NoAccess(to="tables"), "there is no permission for SELECT on a table of the space"),
        (NoAccess(to="warehouse"), "there is no permission for the warehouse of the space 'Sales'"),
        (NoAccess(is_token_missing=True), "it is asked with your own permissions only"),
        (NotFound(is_space=True), "the workspace does not have the space 'Sales'."),
        (NotFound(), "the question was deleted in the workspace."),
        (Unreachable(), "the workspace does not answer. Ask again"),
        (Unreachable(may_be_asked=True), "the workspace does not answer, and it is not known"),
    ],
)
def test_what_failed_never_reads_as_an_answer(outcome: NoAnswer, expected: str) -> None:
    found = telling().answer(outcome)

    assert found.text.startswith(f"Genie could not answer: {expected}")
    assert found.data["outcome"] == outcome.name


def test_what_right_is_missing_is_hidden_with_the_query() -> None:
    found = telling(show_sql="never").answer(NoAccess(to="tables", missing=MISSING))

    assert "orders" not in found.text
    assert "CAN_RUN" not in found.text
