"""From Genie's message to the answer."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.service.dashboards import GenieMessage

from lakevisor_genie.answers import QueryAnswer, answer, no_answer
from lakevisor_genie.no_answer import NoAnswer, query_failed, too_slow
from lakevisor_genie.result_table import Column, ResultTable
from lakevisor_plugin import Answer

SQL = "SELECT COUNT(*) AS `open_orders` FROM `orders` WHERE `o_orderstatus` = :status"
QUERY = {
    "attachment_id": "a1",
    "query": {
        "description": "The number of open orders.",
        "query": SQL,
        "statement_id": "s1",
        "parameters": [{"keyword": "status", "sql_type": "STRING", "value": "O"}],
    },
}
SUGGESTED = {"attachment_id": "a2", "suggested_questions": {"questions": ["Per region?"]}}
TEXT = {"text": {"content": "There are **7,333** open orders."}}


def message(*attachments: dict[str, Any]) -> GenieMessage:
    ids = {"space_id": "s", "conversation_id": "c", "message_id": "m", "content": "How many?"}
    return GenieMessage.from_dict({**ids, "attachments": list(attachments)})


def answered(
    *attachments: dict[str, Any], rows: tuple[tuple[str], ...] = (("7333",),), **more: Any
) -> Answer:
    said = message(*attachments)
    columns = [Column(name="open_orders", type_name="LONG")]
    table = ResultTable(columns=columns, rows=rows, row_count=len(rows))
    queries = [
        QueryAnswer(query=each.query, table=table) for each in said.attachments or () if each.query
    ]
    return answer(said, queries, **{"space": "sales", "show_sql": "on_request", **more})


def test_the_words_come_first_and_then_the_figures() -> None:
    found = answered(QUERY, SUGGESTED, TEXT)

    assert found.text == "There are **7,333** open orders.\n\n**open_orders: 7333**"


def test_without_words_the_query_is_described() -> None:
    assert answered(QUERY).text.startswith("The number of open orders.\n\n")


def test_the_sql_is_kept_from_the_person_and_given_to_the_model_and_to_programs() -> None:
    found = answered(QUERY, TEXT)

    assert "SELECT" not in found.text
    assert SQL in found.for_model
    assert "-- :status = O" in found.for_model
    assert found.data["sql"] == SQL


def test_the_sql_is_shown_where_the_configuration_says_so() -> None:
    assert f"```sql\n{SQL}\n" in answered(QUERY, show_sql="always").text


def test_programs_read_the_rows_and_what_they_come_from() -> None:
    data = answered(QUERY, SUGGESTED, TEXT).data

    assert data["columns"] == [{"name": "open_orders", "type": "LONG"}]
    assert data["rows"] == [["7333"]]
    assert (data["statement_id"], data["message_id"], data["space"]) == ("s1", "m", "sales")
    assert data["suggested_questions"] == ["Per region?"]


def test_what_the_model_reads_is_short() -> None:
    many = tuple(("x" * 100,) for _ in range(50))

    found = answered({**QUERY, "query": {**QUERY["query"], "query": "S" * 5000}}, rows=many)

    assert len(found.for_model) <= 2000
    assert found.for_model.endswith("```")


def test_a_question_back_is_passed_on_word_for_word() -> None:
    back = {"text": {"content": "Which measure?", "purpose": "FOLLOW_UP_QUESTION"}}

    assert answered(back).text == "Which measure?"


def test_a_message_without_anything_is_no_answer() -> None:
    with pytest.raises(NoAnswer, match="without an answer"):
        answered(SUGGESTED)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (
            query_failed("[BinderException] Binder Error: no column nope\nLINE 1"),
            "it failed with 'Binder Error: no column nope'.",
        ),
        (query_failed(None), "it failed and gave no reason."),
        (too_slow(45), "it has not finished after 45 s."),
    ],
)
def test_what_failed_never_reads_as_an_answer(fault: NoAnswer, expected: str) -> None:
    text = no_answer(fault, space="sales").text

    assert text.startswith(f"Genie could not answer: {expected}")
