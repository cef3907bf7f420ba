"""Asking a Genie space that runs real SQL."""

from __future__ import annotations

from typing import Any

from lakevisor_genie.access import check, resources
from lakevisor_genie.settings import GenieSettings

NATIONS = "How many nations are in each region?"


async def test_rows_and_columns_come_as_a_table(ask: Any) -> None:
    answer = await ask(NATIONS)

    table = answer.text[answer.text.index("| region") :]
    assert table.splitlines()[:3] == ["| region | nations |", "| --- | ---: |", "| AFRICA | 5 |"]
    assert answer.data["row_count"] == 5
    assert answer.data["rows"][0] == ["AFRICA", 5]


async def test_a_single_value_is_said_by_its_name(ask: Any) -> None:
    answer = await ask("What is the largest balance of a supplier?")

    assert "**largest: 123,456.50**" in answer.text
    assert answer.data["rows"] == [[123456.5]]


async def test_no_rows_are_an_answer_and_no_error(ask: Any) -> None:
    answer = await ask("Which nations begin with Q?")

    assert "No rows." in answer.text
    assert (answer.data["outcome"], answer.data["rows"]) == ("empty", [])


async def test_all_chunks_of_a_result_are_read(ask: Any) -> None:
    answer = await ask("List the keys of the first orders", read_rows=2500)

    rows = [row[0] for row in answer.data["rows"]]
    assert (len(rows), len(set(rows))) == (2500, 2500)


async def test_what_is_cut_is_said_with_the_number_of_all_rows(ask: Any) -> None:
    answer = await ask("List the keys of the first orders", max_rows=10)

    assert "Showing the first 10 of 2,500 rows." in answer.text
    assert len(answer.data["rows"]) == 1000
    assert answer.data["outcome"] == "partial"


async def test_what_the_model_reads_is_bounded_whatever_the_result(ask: Any) -> None:
    answer = await ask("List the comments of very many shipments", max_rows=1000)

    assert len(answer.for_model) <= 8000
    assert "of more than 5,000 rows." in answer.for_model
    assert "SELECT l_comment" in answer.for_model


async def test_a_query_that_fails_is_never_an_answer(ask: Any) -> None:
    answer = await ask("Show the broken report of parts")

    assert answer.text.startswith("Genie could not answer: it failed with ")
    assert answer.data["outcome"] == "failed"


async def test_a_question_back_is_passed_on_as_it_is(ask: Any) -> None:
    answer = await ask("Hello")

    assert answer.data["outcome"] == "not_understood"
    assert "not answered yet" in answer.for_model
    assert "sql" not in answer.data


async def test_the_person_hears_how_far_genie_is(ask: Any, progress: list[str]) -> None:
    await ask(NATIONS)

    assert progress
    assert len(set(progress)) == len(progress)
    assert all(each.startswith("Genie ") for each in progress)


async def test_a_space_that_is_not_there_is_an_operators_matter(ask: Any) -> None:
    answer = await ask("How many?", space_id="0" + "f" * 31)

    assert "does not have the space 'Genie'. An operator must correct its id" in answer.text


async def test_a_missing_permission_is_an_administrators_matter(ask: Any, add_fault: Any) -> None:
    add_fault(kind="status", status=403, path="*/start-conversation")

    answer = await ask(NATIONS)

    assert "no permission for the space 'Genie'. An administrator must grant CAN_RUN" in answer.text


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
