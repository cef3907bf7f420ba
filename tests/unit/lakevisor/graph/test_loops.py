"""A model that never has enough is stopped at the limits, with words that say so."""

from itertools import count

import pytest

from lakevisor.errors import TooManyModelCalls
from lakevisor_testing import ToolUse


async def test_a_model_that_hands_off_although_it_is_told_not_to_is_stopped(talk_with):
    talk = talk_with(settings={"shortcuts": False, "max_steps": 2}, limits={"model_calls": 6})

    with pytest.raises(TooManyModelCalls, match="stopped after 6 model calls"):
        await talk.say(
            "Go", *[ToolUse("transfer_to_data", task="look", more_to_do=True) for _ in range(50)]
        )

    assert len(talk.model.calls) == 6


async def test_a_model_that_would_always_launch_again_launches_once(talk_with):
    talk, numbers = talk_with(), count()

    await talk.say("Go", *[ToolUse("launch", request=f"{next(numbers)}") for _ in range(50)])

    assert len(await talk.operations()) == 1
    assert len(talk.model.calls) == 1
