"""What a tool can do with its turn."""

import asyncio
import threading
import time

import pytest
from langchain_core.tools import tool

from lakevisor_plugin import CurrentTurn
from lakevisor_testing import make_turn


@tool
def where(city: str, turn: CurrentTurn) -> str:
    """Say where a city is asked for."""
    return f"{city} in {turn.thread_id}"


def test_a_turn_has_time_left_until_its_deadline():
    assert 0 < make_turn(seconds=5).seconds_left() <= 5


def test_a_turn_never_has_less_than_no_time_left():
    assert make_turn(seconds=-5).seconds_left() == 0


def test_progress_is_told_as_it_stands():
    told = []
    make_turn(tell=told.append).progress("1 of 3")

    assert told == ["1 of 3"]


async def test_a_blocking_call_runs_beside_the_event_loop():
    thread = await make_turn().call(threading.current_thread)

    assert thread is not threading.current_thread()


async def test_a_blocking_call_takes_its_arguments():
    assert await make_turn().call(sorted, [2, 1], reverse=True) == [2, 1]


async def test_what_a_blocking_call_raises_reaches_the_tool():
    with pytest.raises(ValueError, match="invalid literal"):
        await make_turn().call(int, "x")


async def test_a_blocking_call_is_not_waited_for_beyond_the_deadline():
    release = threading.Event()
    started = time.monotonic()

    with pytest.raises(TimeoutError):
        await make_turn(seconds=0.05).call(release.wait, 20)

    release.set()
    assert time.monotonic() - started < 10


def test_the_model_never_sees_the_turn():
    assert list(where.args) == ["city"]


async def test_a_tool_is_given_the_very_turn():
    turn = make_turn(thread_id="thread-9")

    assert await where.ainvoke({"city": "Delft", "turn": turn}) == "Delft in thread-9"


async def test_the_turn_itself_is_handed_on_and_not_a_copy():
    @tool
    def identity(turn: CurrentTurn) -> bool:
        """Compare."""
        return turn is given

    given = make_turn()
    assert await identity.ainvoke({"turn": given}) is True


async def test_a_cancelled_turn_cancels_the_wait_for_a_blocking_call():
    release = threading.Event()
    waiting = asyncio.create_task(make_turn().call(release.wait, 20))
    await asyncio.sleep(0)
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    release.set()


async def test_without_a_token_of_the_person_there_is_no_client_of_theirs():
    assert await make_turn().user_workspace() is None


async def test_the_client_of_the_person_is_made_beside_the_event_loop():
    turn = make_turn(make_user_workspace=threading.current_thread)

    assert await turn.user_workspace() is not threading.current_thread()
