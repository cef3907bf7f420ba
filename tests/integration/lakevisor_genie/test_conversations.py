"""Genie's own conversation goes on with the thread's."""

from __future__ import annotations

from typing import Any

from lakevisor_genie.tools import build_tools

START = "*/start-conversation"
NATIONS = "How many nations are in each region?"
LARGEST = "What is the largest balance of a supplier?"


async def test_a_follow_up_goes_on_in_genies_conversation(ask: Any, workspace: Any) -> None:
    first = await ask(NATIONS)
    workspace.control("DELETE", "requests")

    second = await ask(LARGEST)

    assert second.data["conversation_id"] == first.data["conversation_id"]
    (sent,) = workspace.requests("*/messages")
    assert sent["body"] == {"content": LARGEST}


async def test_a_conversation_that_genie_has_forgotten_is_begun_anew(
    ask: Any, workspace: Any, space_id: str
) -> None:
    first = await ask(NATIONS)
    client = workspace.client("analyst")
    client.genie.delete_conversation(space_id, first.data["conversation_id"])

    second = await ask(NATIONS)

    assert second.data["outcome"] == "answered"
    assert second.data["conversation_id"] != first.data["conversation_id"]


async def test_a_follow_up_without_a_space_goes_to_that_of_the_last_answer(
    settings: Any, turn_of: Any, space_id: str
) -> None:
    space = {"space_id": space_id, "description": "Examples."}
    two = settings().model_validate({"spaces": {"examples": space, "others": space}})
    query = build_tools(two)[0]
    await query.ainvoke({"query": NATIONS, "space": "others", "turn": turn_of()})

    answer = await query.ainvoke({"query": LARGEST, "turn": turn_of()})

    assert answer.data["space"] == "others"


async def test_somebody_elses_conversation_is_left_alone(ask: Any) -> None:
    first = await ask(NATIONS, user="admin")

    second = await ask(NATIONS, user="analyst")

    assert second.data["outcome"] == "answered"
    assert second.data["conversation_id"] != first.data["conversation_id"]


async def test_a_follow_up_whose_answer_was_lost_is_not_asked_twice(
    ask: Any, add_fault: Any, count_questions: Any
) -> None:
    await ask(NATIONS)
    before = count_questions()
    add_fault(kind="lost_answer", method="POST", path="*/messages")

    again = await ask(NATIONS)

    assert again.data["outcome"] == "answered"
    assert count_questions() - before == 1
