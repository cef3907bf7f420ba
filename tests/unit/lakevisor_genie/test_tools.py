"""What the model is told of the tool, and which space is asked."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ValidationError

from lakevisor_genie.plugin import lakevisor_register_agent
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.tools import build_tools
from lakevisor_plugin import TryAgain, Turn

SALES = {"space_id": "01f10000000000000000000000000001", "description": "Orders and revenue."}
STOCK = {"space_id": "01f10000000000000000000000000002", "description": "What is in stock."}


def settings(**spaces: dict[str, Any]) -> GenieSettings:
    return GenieSettings.model_validate({"spaces": spaces})


def test_the_model_sees_the_question_and_the_spaces_and_nothing_else() -> None:
    tool, *_ = build_tools(settings(sales=SALES, stock=STOCK))
    function = convert_to_openai_tool(tool)["function"]

    assert set(function["parameters"]["properties"]) == {"query", "space"}
    assert function["parameters"]["required"] == ["query"]
    assert function["parameters"]["properties"]["space"]["anyOf"][0]["enum"] == ["sales", "stock"]
    said = function["parameters"]["properties"]["space"]["description"]
    assert "sales: Genie — Orders and revenue; stock: Genie" in said


async def test_where_there_are_several_spaces_one_must_be_named(turn: Turn) -> None:
    tool, *_ = build_tools(settings(sales=SALES, stock=STOCK))

    with pytest.raises(
        TryAgain, match=r"^Which space\?\n\n- `sales`: Orders and revenue\n- `stock`"
    ):
        await tool.ainvoke({"query": "How many?", "turn": turn})


async def test_a_space_that_is_not_configured_is_refused_with_those_that_are(turn: Turn) -> None:
    tool, *_ = build_tools(settings(sales=SALES))

    with pytest.raises(TryAgain, match="no space 'other'"):
        await tool.ainvoke({"query": "How many?", "space": "other", "turn": turn})


def test_the_router_reads_what_the_spaces_are_about() -> None:
    agent = lakevisor_register_agent()
    assert callable(agent.delegate_when)

    assert "Genie: Orders and revenue." in agent.delegate_when(settings(sales=SALES))


def test_a_space_id_is_never_a_path() -> None:
    with pytest.raises(ValidationError, match="space_id"):
        settings(sales={**SALES, "space_id": "../../jobs"})


def test_a_time_zone_is_one_that_there_is() -> None:
    with pytest.raises(ValidationError, match="'Mars/Base' is no time zone"):
        GenieSettings.model_validate({"spaces": {"sales": SALES}, "time_zone": "Mars/Base"})
