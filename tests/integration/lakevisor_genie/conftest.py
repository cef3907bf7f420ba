"""A Genie space with questions whose answers are known, and a way to ask it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import Answer
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
    "Show the broken report of parts": (
        "SELECT CAST(r_name AS INT) AS broken FROM samples.tpch.region"
    ),
}


def serialized() -> str:
    """Return the space in the form of `serialized_space` version 2."""
    tables = sorted(f"samples.tpch.{name}" for name in ("nation", "region", "orders"))
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
def space_id(workspace: Any) -> str:
    """Return the id of a space that knows the examples."""
    client = workspace.client()
    (warehouse,) = {client.genie.get_space(each.space_id).warehouse_id for each in demo(client)}
    made = client.genie.create_space(warehouse, serialized(), title="Examples")
    return str(made.space_id)


def demo(client: Any) -> Any:
    """Return the spaces that the workspace came with."""
    return client.genie.list_spaces().spaces


@pytest.fixture
def ask(workspace: Any, space_id: str, progress: list[str]) -> Ask:
    """Give a function that asks the space, as the graph would."""

    async def query(question: str, *, user: str = "analyst", **more: Any) -> Answer:
        space = {"space_id": more.pop("space_id", space_id), "description": "Examples."}
        settings = GenieSettings.model_validate({"spaces": {"examples": space}, **more})
        (tool,) = build_tools(settings)
        turn = make_turn(workspace=workspace.client(user), tell=progress.append)
        answer = await tool.ainvoke({"query": question, "turn": turn})
        assert isinstance(answer, Answer)
        return answer

    return query
