"""A question whose answer needs two Genie spaces."""

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOINED = "Sales has the revenue, Supply chain has the suppliers."
PARTS = [
    {"query": "What is the total revenue by region?", "space": "sales", "more_to_do": True},
    {"query": "How many suppliers are in each region?", "space": "supply_chain"},
]


async def test_both_are_asked_and_the_model_joins_what_they_say(begin: Any, recorder: Any) -> None:
    calls = [{"name": "query_genie", "arguments": each} for each in PARTS]
    recorder.script({"tool_calls": calls}, {"content": JOINED})

    finished = await begin().say("Revenue and suppliers by region?")

    answers = finished.custom_outputs["answers"]
    assert [each["data"].get("space") for each in answers[:2]] == ["sales", "supply_chain"]
    sources = [finished.text.index(f"*Source: {name}*") for name in ("Sales", "Supply chain")]
    assert sources == sorted(sources)
    assert finished.text.index(JOINED) > sources[-1]
    assert finished.model_calls == 2
