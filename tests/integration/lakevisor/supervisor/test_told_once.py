"""What ended since the last turn is told at the next one, in any thread of its owner, once."""

import asyncio
import time
from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_end_of_a_run_is_told_in_another_thread_and_only_once(
    begin: Any, workspace: Any, recorder: Any
) -> None:
    launched = await begin().say("Refresh the sales report")
    (operation,) = launched.custom_outputs["operations"]
    await ended(workspace, int(operation["run_id"]))
    recorder.clear()

    first, second = [await begin().say("Hello") for _ in range(2)]

    assert told(first, operation["run_id"])
    assert not told(second, operation["run_id"])
    assert len(recorder.prompts()) == 2


async def test_who_has_seen_the_end_is_not_told_it_again(begin: Any, workspace: Any) -> None:
    thread = begin()
    launched = await thread.say("Refresh the sales report")
    (operation,) = launched.custom_outputs["operations"]
    await ended(workspace, int(operation["run_id"]))

    status = await thread.say("What's the status?")
    after = await thread.say("Hello")

    assert f"Run {operation['run_id']} succeeded" in status.text
    assert not told(status, operation["run_id"])
    assert not told(after, operation["run_id"])


def told(finished: Any, run_id: str) -> bool:
    notices = finished.custom_outputs["notices"]
    mine = [each for each in notices if each["operation"]["run_id"] == run_id]
    return bool(mine) and mine[0]["text"] in finished.text


async def ended(workspace: Any, run_id: int) -> None:
    jobs = workspace.client().jobs
    deadline = time.monotonic() + 60
    while jobs.get_run(run_id).status.state.value != "TERMINATED":
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
