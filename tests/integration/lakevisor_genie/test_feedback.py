"""What the person thinks of an answer reaches Genie."""

from __future__ import annotations

from typing import Any

import pytest

from lakevisor_genie.tools import build_tools
from lakevisor_plugin import GiveUp

NATIONS = "How many nations are in each region?"


@pytest.fixture
def rate(settings: Any, turn_of: Any) -> Any:
    tool = next(each for each in build_tools(settings()) if each.name == "rate_genie_answer")

    async def rated(**arguments: Any) -> Any:
        return await tool.ainvoke({**arguments, "turn": turn_of()})

    return rated


async def test_thumbs_down_and_the_words_reach_genie(
    ask: Any, rate: Any, workspace: Any, space_id: str
) -> None:
    data = (await ask(NATIONS)).data

    told = await rate(is_good=False, comment="Antarctica is missing")

    assert told.text == f"Genie has your feedback on {NATIONS!r}. Thank you."
    genie = workspace.client("analyst").genie
    message = genie.get_message(space_id, data["conversation_id"], data["message_id"])
    assert message.feedback.rating.value == "NEGATIVE"


async def test_without_an_answer_there_is_nothing_to_rate(rate: Any) -> None:
    with pytest.raises(GiveUp, match="no answer from the data"):
        await rate(is_good=True)


async def test_feedback_that_does_not_arrive_is_not_thanked_for(
    ask: Any, rate: Any, add_fault: Any
) -> None:
    await ask(NATIONS)
    add_fault(kind="status", status=403, path="*/feedback")

    told = await rate(is_good=True)

    assert told.text.startswith("The feedback did not reach Genie: there is no permission")
