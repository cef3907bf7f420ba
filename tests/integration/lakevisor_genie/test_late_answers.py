"""A question that outlives its turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lakevisor_genie.later import KIND, follow
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import Answer, AskPerson, Deferred, GiveUp, OperationNotFound
from lakevisor_testing.turns import InMemoryOperations

NATIONS = "How many nations are in each region?"
BRIEFLY = 0.4
Call = Callable[..., Awaitable[Any]]


@pytest.fixture
def operations() -> InMemoryOperations:
    return InMemoryOperations(agent="genie")


@pytest.fixture
def call(settings: Any, turn_of: Any, operations: InMemoryOperations) -> Call:
    """Give a function that calls a tool of the plugin in a turn of the thread."""

    async def called(name: str, *, timeout_seconds: float = 45, **arguments: Any) -> Any:
        tools = {each.name: each for each in build_tools(settings(timeout_seconds=timeout_seconds))}
        turn = turn_of(operations=operations)
        return await tools[name].ainvoke({**arguments, "turn": turn})

    return called


async def late(call: Call) -> Deferred:
    """Ask a question that is not answered in time."""
    launched = await call("query_genie", query=NATIONS, timeout_seconds=BRIEFLY)
    assert isinstance(launched, Deferred)
    return launched


async def until_answered(call: Call, **arguments: Any) -> Answer:
    """Ask for the answer until it is there."""
    while True:
        answer: Answer = await call("fetch_genie_answer", **arguments)
        if answer.data["outcome"] != "too_slow":
            return answer


async def test_a_question_that_takes_too_long_is_handed_back_with_its_id(call: Call) -> None:
    launched = await late(call)

    assert launched.operation.run_id in launched.text
    assert (launched.operation.kind, launched.operation.title) == (KIND, NATIONS)
    assert not launched.operation.is_final


async def test_its_answer_is_fetched_later_and_not_asked_again(
    call: Call, count_questions: Any
) -> None:
    await late(call)
    before = count_questions()

    answer = await until_answered(call)

    assert "| AFRICA | 5 |" in answer.text
    assert count_questions() == before


async def test_who_asks_too_early_hears_how_far_genie_is(call: Call, add_rule: Any) -> None:
    add_rule(delay=5)
    await late(call)

    answer = await call("fetch_genie_answer")

    assert answer.text.startswith("Genie has worked on it for ")
    assert not answer.text.startswith("Genie could not answer")


async def test_its_answer_can_be_told_without_being_asked_for(
    call: Call, settings: Any, turn_of: Any
) -> None:
    launched = await late(call)
    await until_answered(call)

    seen = await follow(settings(), launched.operation, turn_of())

    assert (seen.is_final, seen.state) == (True, "COMPLETED")
    assert seen.text.startswith(f"**{NATIONS}**\n\n")
    assert "| AFRICA | 5 |" in seen.text
    assert seen.data["row_count"] == 5


async def test_a_late_answer_can_be_explained_like_any_other(call: Call) -> None:
    await late(call)
    await until_answered(call)

    assert "```sql\nSELECT" in (await call("explain_genie_answer")).text


async def test_a_question_can_be_withdrawn(
    call: Call, operations: InMemoryOperations, add_rule: Any
) -> None:
    add_rule(delay=20)
    launched = await late(call)

    answer = await call("withdraw_genie_question")

    assert answer.text == f'The question "{NATIONS}" is withdrawn. Genie has stopped.'
    known = await operations.get(launched.operation.run_id)
    assert (known.is_final, known.state) == (True, "CANCELLED")


async def test_where_genie_does_not_stop_this_is_said(
    call: Call, add_rule: Any, add_fault: Any
) -> None:
    add_rule(delay=5)
    await late(call)
    add_fault(kind="status", status=404, path="*/cancel")

    answer = await call("withdraw_genie_question")

    assert answer.text.endswith("Genie may still finish it; its answer is not told.")


async def test_a_question_that_failed_later_is_no_answer(call: Call, add_rule: Any) -> None:
    add_rule(delay=1, error={"error": "Why"})
    await late(call)

    answer = await until_answered(call)

    assert answer.text.startswith("Genie could not answer: it failed with 'Why'.")


async def test_without_a_waiting_question_there_is_nothing_to_fetch(call: Call) -> None:
    with pytest.raises(GiveUp, match="No question of this conversation is waiting"):
        await call("fetch_genie_answer")


async def test_a_question_that_nobody_asked_does_not_exist(call: Call) -> None:
    with pytest.raises(OperationNotFound):
        await call("fetch_genie_answer", question_id="c:m")


async def test_of_several_waiting_questions_the_person_chooses_which_is_given_up(
    call: Call, add_rule: Any
) -> None:
    add_rule(delay=5, times=2)
    await late(call)
    await late(call)

    with pytest.raises(AskPerson, match="Which question do you mean"):
        await call("withdraw_genie_question")


async def test_who_asks_for_the_answer_hears_of_all_waiting_questions(
    call: Call, add_rule: Any
) -> None:
    add_rule(delay=20, times=2)
    await late(call)
    await late(call)

    answer = await call("fetch_genie_answer")

    assert answer.text.count(f"**{NATIONS}**") == 2
    assert [each["question"] for each in answer.data["questions"]] == [NATIONS, NATIONS]


async def test_a_question_that_was_withdrawn_is_no_failure(call: Call, add_rule: Any) -> None:
    add_rule(delay=20)
    await late(call)
    await call("withdraw_genie_question")

    answer = await call("fetch_genie_answer")

    assert answer.text == f'The question "{NATIONS}" is withdrawn. Ask it again if you need it.'
