"""A Genie space with questions whose answers are known, and ways to ask it."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from lakevisor_genie.asking import Asking
from lakevisor_genie.outcomes import Outcome
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import choose_space
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import Answer, Memory, Turn
from lakevisor_testing.turns import make_turn

Ask = Callable[..., Awaitable[Answer]]

EXAMPLES = {
    "How many nations are in each region?": (
        "SELECT r_name AS region, COUNT(*) AS nations FROM samples.tpch.nation "
        "JOIN samples.tpch.region ON n_regionkey = r_regionkey GROUP BY r_name ORDER BY r_name"
    ),
    "What is the largest balance of a supplier?": (
        "SELECT CAST(123456.5 AS DECIMAL(18, 2)) AS largest FROM samples.tpch.region LIMIT 1"
    ),
    "Which nations begin with Q?": (
        "SELECT n_name FROM samples.tpch.nation WHERE n_name LIKE 'Q%'"
    ),
    "List the keys of the first orders": (
        "SELECT o_orderkey FROM samples.tpch.orders ORDER BY o_orderkey LIMIT 2500"
    ),
    "List the comments of very many shipments": "SELECT l_comment FROM samples.tpch.lineitem",
    "Show the broken report of parts": (
        "SELECT CAST(r_name AS INT) AS broken FROM samples.tpch.region"
    ),
}


def serialized() -> str:
    """Return the space in the form of `serialized_space` version 2."""
    tables = sorted(f"samples.tpch.{name}" for name in ("lineitem", "nation", "region", "orders"))
    examples = [
        {"id": f"{number:032x}", "question": [question], "sql": [sql]}
        for number, (question, sql) in enumerate(EXAMPLES.items(), start=1)
    ]
    return json.dumps(
        {
            "version": 2,
            "data_sources": {"tables": [{"identifier": each} for each in tables]},
            "instructions": {"example_question_sqls": examples},
        }
    )


@pytest.fixture(scope="session")
def make_space(workspace: Any) -> Callable[[str], str]:
    """Give a function that makes a space that knows the examples, and returns its id."""

    def make(title: str) -> str:
        client = workspace.client()
        (warehouse,) = {client.genie.get_space(each.space_id).warehouse_id for each in demo(client)}
        return str(client.genie.create_space(warehouse, serialized(), title=title).space_id)

    return make


@pytest.fixture(scope="session")
def space_id(make_space: Callable[[str], str]) -> str:
    """Return the id of a space that all tests ask."""
    return make_space("Examples")


def demo(client: Any) -> Any:
    """Return the spaces that the workspace came with."""
    return client.genie.list_spaces().spaces


@pytest.fixture
def memory() -> Memory:
    """Give the thread's memory, which all questions of a test share."""
    return Memory()


@pytest.fixture
def settings(space_id: str) -> Callable[..., GenieSettings]:
    """Give a function that returns settings with the space `examples`."""

    def made(**more: Any) -> GenieSettings:
        space = {"space_id": more.pop("space_id", space_id), "description": "Examples."}
        return GenieSettings.model_validate({"spaces": {"examples": space}, **more})

    return made


@pytest.fixture
def turn_of(workspace: Any, memory: Memory, progress: list[str]) -> Callable[..., Turn]:
    """Give a function that returns a turn of the thread for a user."""

    def made(user: str = "analyst", **more: Any) -> Turn:
        given = {"memory": memory, "tell": progress.append, **more}
        return make_turn(workspace=workspace.client(user), **given)

    return made


@pytest.fixture
def ask(settings: Any, turn_of: Any) -> Ask:
    """Give a function that asks the space, as the graph would."""

    async def query(question: str, *, user: str = "analyst", **more: Any) -> Answer:
        tool = build_tools(settings(**more))[0]
        answer = await tool.ainvoke({"query": question, "turn": turn_of(user)})
        assert isinstance(answer, Answer)
        return answer

    return query


@pytest.fixture
def add_rule(workspace: Any) -> Iterator[Callable[..., None]]:
    """Give a function that says how Genie answers next; none outlives the test."""

    def add(**rule: Any) -> None:
        workspace.control("POST", "genie/rules", body=rule)

    yield add
    workspace.control("DELETE", "genie/rules")


@pytest.fixture
def outcome_of(settings: Any, turn_of: Any) -> Callable[..., Awaitable[Outcome]]:
    """Give a function that asks the space and returns what came of it."""

    async def query(question: str, *, user: str = "analyst", **more: Any) -> Outcome:
        given = settings(**more)
        space = choose_space(given, None)
        return await Asking(space=space, settings=given, turn=turn_of(user)).outcome(question)

    return query


@pytest.fixture
def count_questions(workspace: Any, space_id: str) -> Callable[[], int]:
    """Give a function that says how many questions the analyst has asked in this test so far."""
    genie, began = workspace.client("analyst").genie, time.time() * 1000

    def count() -> int:
        # Who counts must not be in the way of the faults of a test.
        workspace.control("DELETE", "faults")
        listed = genie.list_conversations(space_id, page_size=100).conversations or ()
        ours = [each.conversation_id for each in listed if each.created_timestamp >= began]
        found = [genie.list_conversation_messages(space_id, each).messages or () for each in ours]
        return sum(len(messages) for messages in found)

    return count
