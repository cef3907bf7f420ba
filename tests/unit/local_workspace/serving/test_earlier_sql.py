"""What the model of rules says when somebody asks for the SQL of an answer."""

from __future__ import annotations

from typing import Any

import pytest

from local_workspace.serving.chat import ChatRequest, Reply
from local_workspace.serving.rules import RuleModel

QUERY = {
    "name": "query_genie",
    "description": "Answer a question about data.",
    "parameters": {
        "type": "object",
        "properties": {"query": {"type": "string"}},
        "required": ["query"],
    },
}
SQL = "SELECT sum(price)\nFROM orders"
BLOCK = f"```sql\n{SQL}\n```"


def reply(asked: str, *answers: str) -> Reply:
    messages: list[dict[str, Any]] = []
    for answer in answers:
        messages += [{"role": "user", "content": "How much?"}]
        messages += [{"role": "assistant", "content": answer}]
    messages += [{"role": "user", "content": asked}]
    tools = [{"type": "function", "function": QUERY}]
    return RuleModel().reply(ChatRequest({"messages": messages, "tools": tools}))


@pytest.mark.parametrize(
    "asked",
    ["Show me the SQL", "show me the SQL of that", "And the SQL?", "What SQL did you use for it?"],
)
def test_the_sql_of_the_last_answer_is_repeated(asked: str) -> None:
    said = reply(asked, f"It is 7.\n\nThe SQL behind it:\n{BLOCK}")
    assert said.content == BLOCK
    assert said.tool_calls == ()


@pytest.mark.parametrize("answer", [f"It is 7.\n{SQL}", f"It is 7.\nSQL: {SQL}\n\nAnything else?"])
def test_sql_is_known_without_a_block_too(answer: str) -> None:
    assert reply("show the SQL", answer).content == BLOCK


def test_the_latest_sql_counts() -> None:
    older = "```sql\nSELECT 1\n```"
    assert reply("show the SQL", older, BLOCK, "Hello.").content == BLOCK


@pytest.mark.parametrize(
    "asked", ["Which SQL warehouses are there?", "Show me the revenue by region", "How much?"]
)
def test_other_questions_go_to_a_tool(asked: str) -> None:
    assert reply(asked, BLOCK).tool_calls


def test_without_any_sql_the_question_is_one_like_others() -> None:
    assert reply("Show me the SQL", "Hello.").tool_calls
