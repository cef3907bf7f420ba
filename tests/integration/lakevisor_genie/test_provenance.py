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


async def test_with_hidden_sql_an_error_does_not_quote_it(ask: Any, add_rule: Any) -> None:
    error = "[UNRESOLVED_COLUMN] No column `secret` in samples.tpch.nation"
    add_rule(error={"error": error, "type": "SQL_EXECUTION_EXCEPTION"}, times=2)

    hidden = await ask(NATIONS, show_sql="never")
    shown = await ask(NATIONS)

    assert "an error of the warehouse, whose words are not shown here" in hidden.text
    assert "secret" not in hidden.model_dump_json()
    assert "secret" in shown.text


@pytest.mark.parametrize("words", ["short", "long " * 1000])
async def test_what_a_model_reads_of_an_explanation_is_bounded(
    ask: Any, settings: Any, turn_of: Any, add_rule: Any, words: str
) -> None:
    add_rule(sql=f"SELECT 1 AS one /* {words} */")
    await ask("One?")

    told = await build_tools(settings(model_chars=500))[1].ainvoke({"turn": turn_of()})

    assert words.strip() in told.text
    assert "Rows: 1" in told.for_model
    assert len(told.for_model) <= 500


async def test_what_a_model_reads_of_a_question_back_is_bounded(ask: Any, add_rule: Any) -> None:
    add_rule(text="Which year? " * 200, purpose="FOLLOW_UP_QUESTION")

    answer = await ask("Revenue?", model_chars=500)

    assert len(answer.for_model) <= 500
    assert answer.for_model.endswith("(Genie has not answered yet: it asked this back.)")


async def test_sql_can_stand_with_each_answer(ask: Any) -> None:
    assert "```sql\nSELECT" in (await ask(NATIONS, show_sql="always")).text


async def test_hidden_sql_is_not_explained_either(ask: Any, settings: Any, turn_of: Any) -> None:
    await ask(NATIONS, show_sql="never")

    told = await build_tools(settings(show_sql="never"))[1].ainvoke({"turn": turn_of()})

    assert told.text.startswith("The SQL is not shown here")
    assert "- Rows: 5" in told.text
    assert "SELECT" not in json.dumps(told.model_dump())
    assert "samples.tpch" not in json.dumps(told.model_dump())
