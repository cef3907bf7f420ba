"""Asking a Genie space that runs real SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from databricks.sdk.service.dashboards import MessageStatus

from lakevisor_genie.access import check, resources
from lakevisor_genie.conversation import Patience
from lakevisor_genie.query_result import ResultReader
from lakevisor_genie.settings import GenieSettings
from lakevisor_plugin import GiveUp
from lakevisor_testing.turns import make_turn


async def test_rows_and_columns_come_as_a_table(ask: Any) -> None:
    answer = await ask("How many nations are in each region?")

    table = answer.text[answer.text.index("| region") :]
    assert table.splitlines()[:3] == ["| region | nations |", "| --- | ---: |", "| AFRICA | 5 |"]
    assert answer.data["row_count"] == 5
    assert answer.data["rows"][0] == ["AFRICA", "5"]


async def test_the_sql_is_there_on_request(ask: Any) -> None:
    answer = await ask("How many nations are in each region?")

    assert "SELECT" not in answer.text
    assert "SELECT" in answer.for_model
    assert answer.data["sql"].startswith("SELECT")
    assert answer.data["statement_id"]


async def test_a_single_value_is_said_by_its_name(ask: Any) -> None:
    answer = await ask("What is the largest balance of a supplier?")

    assert answer.text.endswith("**largest: 123,456.50**")


async def test_no_rows_are_an_answer_and_no_error(ask: Any) -> None:
    answer = await ask("Which nations begin with Q?")

    assert answer.text.endswith("No rows.")
    assert (answer.data["status"], answer.data["rows"]) == ("completed", [])


async def test_all_chunks_of_a_result_are_read(ask: Any) -> None:
    answer = await ask("List the keys of the first orders", max_rows=2500)

    rows = [int(row[0]) for row in answer.data["rows"]]
    assert (len(rows), len(set(rows))) == (2500, 2500)


async def test_rows_that_are_not_shown_are_counted(ask: Any) -> None:
    answer = await ask("List the keys of the first orders", max_rows=10)

    assert answer.text.endswith("Showing the first 10 of 2,500 rows.")
    assert len(answer.data["rows"]) == 10


async def test_a_query_that_fails_is_never_an_answer(ask: Any) -> None:
    answer = await ask("Show the broken report of parts")

    assert answer.text.startswith("Genie could not answer: it failed with ")
    assert answer.data["status"] == "failed"


async def test_words_of_genies_are_passed_on_as_they_are(ask: Any) -> None:
    answer = await ask("Hello")

    assert answer.text
    assert not answer.text.startswith("Genie could not answer")
    assert "sql" not in answer.data


async def test_an_answer_that_takes_too_long_is_said_to_be_missing(ask: Any) -> None:
    answer = await ask("How many nations are in each region?", timeout_seconds=0.7)

    assert answer.text.startswith("Genie could not answer: it has not finished after 1 s.")
    assert answer.data["status"] == "timeout"


async def test_the_person_hears_how_far_genie_is(ask: Any, progress: list[str]) -> None:
    await ask("How many nations are in each region?")

    assert progress
    assert len(set(progress)) == len(progress)
    assert all(each.startswith("Genie ") for each in progress)


async def test_a_space_that_is_not_there_is_an_operators_matter(ask: Any) -> None:
    with pytest.raises(GiveUp, match=r"no space '0f+'.*agents\.genie\.spaces\.examples"):
        await ask("How many?", space_id="0" + "f" * 31)


async def test_a_missing_permission_is_an_administrators_matter(ask: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=403, path="*/start-conversation")

    with pytest.raises(GiveUp, match=r"no permission for the space 'Genie'.*CAN_RUN"):
        await ask("How many nations are in each region?")


async def test_an_expired_result_is_made_once_more(workspace: Any, space_id: str) -> None:
    client = workspace.client("analyst")
    question = "What is the largest balance of a supplier?"
    message = client.genie.start_conversation_and_wait(space_id, question)
    turn = make_turn(workspace=client)
    reader = ResultReader(
        message=replace(message, status=MessageStatus.QUERY_RESULT_EXPIRED),
        turn=turn,
        patience=Patience.of(turn, at_most=20),
        max_rows=5,
    )
    (attachment_id,) = [each.attachment_id for each in message.attachments if each.query]
    workspace.control("DELETE", "requests")

    table = await reader.read(attachment_id)

    assert table.rows == (("123456.50",),)
    assert len(workspace.requests("*/execute-query")) == 1


def test_doctor_sees_a_space_that_is_there_and_one_that_is_not(
    workspace: Any, space_id: str
) -> None:
    spaces = {
        "there": {"space_id": space_id, "description": "x"},
        "gone": {"space_id": "0" * 32, "description": "x"},
    }
    settings = GenieSettings.model_validate({"spaces": spaces})

    there, gone = check(settings, workspace.client())

    assert (there.is_problem, there.text.endswith("'Examples'.")) == (False, True)
    assert gone.is_problem
    assert [each.permission for each in resources(settings)] == ["CAN_RUN", "CAN_RUN"]
