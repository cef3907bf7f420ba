"""Where an answer comes from."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from lakevisor_genie.tools import build_tools

NATIONS = "How many nations are in each region?"


async def test_programs_always_learn_where_an_answer_comes_from(ask: Any) -> None:
    data = (await ask(NATIONS)).data

    assert data["sql"].startswith("SELECT")
    assert data["tables"] == ["samples.tpch.nation", "samples.tpch.region"]
    assert (data["row_count"], data["is_truncated"]) == (5, False)
    assert datetime.fromisoformat(data["ran_at"]).tzinfo is not None
    assert data["statement_id"]


async def test_the_sql_is_shown_to_who_asks_for_it_without_asking_genie_again(
    ask: Any, settings: Any, turn_of: Any, workspace: Any
) -> None:
    answer = await ask(NATIONS)
    assert "SELECT" not in answer.text
    workspace.control("DELETE", "requests")

    explain = build_tools(settings())[1]
    told = await explain.ainvoke({"turn": turn_of()})

    assert f"```sql\n{answer.data['sql']}\n```" in told.text
    assert "- Tables: `samples.tpch.nation`, `samples.tpch.region`\n- Rows: 5" in told.text
    assert answer.data["statement_id"] in told.text
    assert workspace.requests("/api/*") == []


async def test_without_an_answer_there_is_nothing_to_explain(settings: Any, turn_of: Any) -> None:
    told = await build_tools(settings())[1].ainvoke({"turn": turn_of()})

    assert told.text == "There is no answer from the data in this conversation yet."


@pytest.mark.parametrize("field", ["text", "for_model", "data"])
async def test_hidden_sql_is_nowhere(ask: Any, field: str) -> None:
    answer = await ask(NATIONS, show_sql="never")

    said = json.dumps(answer.model_dump()[field])
    assert "SELECT" not in said
    assert "samples.tpch" not in said


async def test_sql_can_stand_with_each_answer(ask: Any) -> None:
    assert "```sql\nSELECT" in (await ask(NATIONS, show_sql="always")).text


async def test_hidden_sql_is_not_explained_either(ask: Any, settings: Any, turn_of: Any) -> None:
    await ask(NATIONS, show_sql="never")

    told = await build_tools(settings(show_sql="never"))[1].ainvoke({"turn": turn_of()})

    assert told.text.startswith("The SQL is not shown here")
    assert "- Rows: 5" in told.text
    assert "SELECT" not in json.dumps(told.model_dump())
    assert "samples.tpch" not in json.dumps(told.model_dump())
