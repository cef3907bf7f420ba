"""What a message of Genie's means: its statuses, its errors, its attachments."""

from __future__ import annotations

from typing import Any

import pytest
from databricks.sdk.service.dashboards import GenieMessage, MessageErrorType, MessageStatus

from lakevisor_genie.outcomes import (
    Cancelled,
    Failed,
    MessageRef,
    NoAccess,
    Reply,
    Throttled,
    Unanswered,
)
from lakevisor_genie.reply import ENDS, read_reply, status_of

AT = MessageRef(space_id="s", conversation_id="c", message_id="m")


def reply(status: str = "COMPLETED", *attachments: Any, **more: Any) -> Reply:
    body = {"content": "?", "status": status, "attachments": list(attachments), **more}
    return read_reply(GenieMessage.from_dict(body), AT)


def text(content: str, **more: Any) -> dict[str, Any]:
    return {"text": {"content": content, **more}}


def query(name: str) -> dict[str, Any]:
    return {"attachment_id": name, "query": {"query": f"SELECT {name}", "statement_id": f"s{name}"}}


@pytest.mark.parametrize("status", [each.value for each in MessageStatus] + ["DREAMING"])
def test_only_an_end_is_an_end(status: str) -> None:
    ends = {"COMPLETED", "QUERY_RESULT_EXPIRED", "FAILED", "CANCELLED"}

    assert (status_of(GenieMessage.from_dict({"status": status})) in ENDS) == (status in ends)


def test_a_message_that_was_cancelled_is_no_answer() -> None:
    with pytest.raises(Unanswered) as raised:
        reply("CANCELLED")

    assert isinstance(raised.value.outcome, Cancelled)


@pytest.mark.parametrize("kind", [each.value for each in MessageErrorType] + ["NEW_EXCEPTION"])
def test_every_kind_of_error_is_an_outcome(kind: str) -> None:
    with pytest.raises(Unanswered) as raised:
        reply("FAILED", error={"error": "Why.\nAnd a trace.", "type": kind})

    special = {
        "RATE_LIMIT_EXCEEDED_GENERIC_EXCEPTION": Throttled,
        "RATE_LIMIT_EXCEEDED_SPECIFIED_WAIT_EXCEPTION": Throttled,
        "WAREHOUSE_ACCESS_MISSING_EXCEPTION": NoAccess,
        "MESSAGE_CANCELLED_WHILE_EXECUTING_EXCEPTION": Cancelled,
        "MESSAGE_DELETED_WHILE_EXECUTING_EXCEPTION": Cancelled,
    }
    assert type(raised.value.outcome) is special.get(kind, Failed)
    if isinstance(raised.value.outcome, Failed):
        assert raised.value.outcome.reason == "Why."


def test_a_query_on_tables_that_may_not_be_read_is_a_missing_right() -> None:
    said = "[INSUFFICIENT_PERMISSIONS] User does not have SELECT on Table 'a.b.c'. SQLSTATE: 42501"

    with pytest.raises(Unanswered) as raised:
        reply("FAILED", error={"error": said, "type": "SQL_EXECUTION_EXCEPTION"})

    expected = NoAccess(to="tables", missing="SELECT on the table `a.b.c`")
    assert raised.value.outcome == expected


def test_the_class_of_an_error_is_kept_apart_from_its_words() -> None:
    with pytest.raises(Unanswered) as raised:
        reply("FAILED", error={"error": "[UNRESOLVED_COLUMN.WITH_SUGGESTION] No column x."})

    assert raised.value.outcome == Failed(
        reason="No column x.", error_type="UNRESOLVED_COLUMN.WITH_SUGGESTION"
    )


def test_the_last_query_is_the_answer_when_genie_corrects_itself() -> None:
    found = reply(
        "COMPLETED", query("1"), text("The first attempt."), query("2"), text("The answer.")
    )

    assert found.query is not None
    assert (found.query.sql, found.words) == ("SELECT 2", ("The answer.",))


def test_a_question_back_without_a_query_is_no_answer() -> None:
    back = text("Which measure?", purpose="FOLLOW_UP_QUESTION")

    assert reply("COMPLETED", back).question_back == "Which measure?"
    assert reply("COMPLETED", query("1"), back).question_back == ""


def test_suggested_questions_and_parameters_are_read() -> None:
    asked = query("1")
    asked["query"]["parameters"] = [{"keyword": "n", "sql_type": "INT", "value": "3"}]

    found = reply("COMPLETED", asked, {"suggested_questions": {"questions": ["By region?"]}})

    assert found.suggestions == ("By region?",)
    assert found.query is not None
    assert found.query.parameters == {"n": "3"}
