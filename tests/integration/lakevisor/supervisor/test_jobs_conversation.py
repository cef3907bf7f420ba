"""The jobs' tools in a conversation: which words reach them, and for how many model calls."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAUNCH = "Analyze all customer transactions for anomalies"
BROKEN_PACE = {
    "name": "start_databricks_job",
    "arguments": {
        "user_request": LAUNCH,
        "job": "transaction_anomalies",
        "notebook_params": {"pace": 0},
    },
}


async def test_my_runs_are_listed_over_all_threads_for_one_model_call(
    begin: Any, recorder: Any
) -> None:
    run_id = (await begin().launch()).run_id
    other = begin()
    recorder.clear()

    finished = await other.say("list my runs")

    rows = [line for line in finished.text.splitlines() if line.startswith(f"| {run_id} |")]
    assert len(rows) == 1
    assert rows[0].rstrip(" |").endswith("UTC")
    assert len(recorder.prompts()) == 1


async def test_repair_it_reaches_the_run_of_the_thread(begin: Any, recorder: Any) -> None:
    thread = begin()
    run_id = (await thread.launch()).run_id

    finished = await thread.say("repair it")

    assert finished.text.startswith(f"Run {run_id} ")
    assert "Only a run that has ended with failed tasks can be repaired." in finished.text
    assert not [path for path in recorder.paths() if path.endswith("/runs/repair")]


async def test_a_parameter_out_of_its_range_starts_nothing(begin: Any, recorder: Any) -> None:
    recorder.script({"tool_calls": [BROKEN_PACE]}, {"content": "Which pace would you like?"})

    finished = await begin().say(LAUNCH)

    assert not recorder.launches()
    # The end of an earlier run may be told below.
    assert finished.text.startswith("Which pace would you like?")
