"""A response in the background survives the death of the process that worked on it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

CHAT = "/serving-endpoints/chat/completions"
RUN_NOW = "/api/2.2/jobs/run-now"
LAUNCH = "Analyze all customer transactions for anomalies"
SECONDS = 60


@pytest.fixture
def doomed(workspace: Any, start_server: Any) -> Iterator[Any]:
    """Give a server to be killed, ready; its leases end soon."""
    with start_server(workspace, "turn.lease_seconds=2") as started:
        started.wait_until(lambda answer: answer.is_success)
        yield started


def _begin(server: Any, thread_id: str) -> str:
    return str(server.ask(LAUNCH, background=True, conversation=thread_id)["id"])


def _ended(server: Any, response_id: str) -> Any:
    """Wait for the end of a response, and return it."""
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        now = server.call("GET", f"/responses/{response_id}").json()
        if now["status"] not in ("queued", "in_progress"):
            return now
        time.sleep(0.2)
    raise AssertionError(now)


def _status(server: Any, response_id: str) -> str:
    return str(server.call("GET", f"/responses/{response_id}").json()["status"])


def _runs(workspace: Any) -> set[str]:
    """Return the ids of all runs there are."""
    return {str(each.run_id) for each in workspace.client().jobs.list_runs()}


def _until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("moment", ["the model speaks", "the job is started"])
def test_killed_at_any_moment_it_is_taken_up_elsewhere_and_starts_one_run(
    moment: str, doomed: Any, server: Any, workspace: Any, add_fault: Any, stop_runs: Any
) -> None:
    add_fault(kind="delay", path=RUN_NOW if moment == "the job is started" else CHAT, seconds=3)
    thread_id, before = uuid4().hex, _runs(workspace)
    response_id = _begin(doomed, thread_id)
    if moment == "the model speaks":
        _until(lambda: _status(doomed, response_id) == "in_progress")
    else:
        # A rule that was used is gone: the request has arrived.
        _until(lambda: not workspace.control("GET", "faults")["faults"])
    doomed.process.kill()
    ended = _ended(server, response_id)
    read = server.call("GET", f"/threads/{thread_id}").json()["messages"]

    assert ended["status"] == "completed"
    assert {stop_runs(ended)} == _runs(workspace) - before
    assert [each["role"] for each in read] == ["user", "assistant"]
    assert server.ask("Hello.", conversation=thread_id)["status"] == "completed"


def test_a_stream_goes_on_elsewhere_behind_the_last_event_and_tells_all_once(
    doomed: Any, server: Any, add_fault: Any, stop_runs: Any
) -> None:
    add_fault(kind="delay", path=RUN_NOW, seconds=3)
    response_id, seen = _begin(doomed, uuid4().hex), []
    with doomed.client() as client:
        path = f"/responses/{response_id}?stream=true"
        with client.stream("GET", path) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    seen.append(json.loads(line.removeprefix("data: ")))
                    if seen[-1].get("item", {}).get("status") == "completed":
                        break
            doomed.process.kill()
    after = f"&starting_after={seen[-1]['sequence_number']}"
    rest = server.call("GET", f"{path}{after}").text.split("\n\n")
    events = [*seen, *(json.loads(each[6:]) for each in rest if each.startswith("data: {"))]
    done = [each["item"] for each in events if each["type"] == "response.output_item.done"]
    # Behind these the end of another test's run may be told.
    kinds = [each["type"] for each in done]

    assert [each["sequence_number"] for each in events] == list(range(len(events)))
    assert kinds[:3] == ["function_call", "function_call_output", "message"]
    assert set(kinds[3:]) <= {"message"}
    assert "response.resumed" in [each["type"] for each in events]
    assert events[-1]["response"]["output"] == done
    assert stop_runs(events[-1]["response"])


def test_what_takes_too_long_at_sigterm_is_finished_elsewhere(
    doomed: Any, server: Any, add_fault: Any, stop_runs: Any
) -> None:
    add_fault(kind="delay", path=CHAT, seconds=25)
    response_id = _begin(doomed, uuid4().hex)
    _until(lambda: _status(doomed, response_id) == "in_progress")
    seconds = doomed.stop()
    ended = _ended(server, response_id)

    assert seconds < 15
    assert ended["status"] == "completed"
    assert stop_runs(ended)


def test_nobody_asks_and_it_is_taken_up_all_the_same(
    doomed: Any, workspace: Any, start_server: Any, add_fault: Any
) -> None:
    add_fault(kind="delay", path=CHAT, seconds=3)
    response_id, thread_id = _begin(doomed, "left-behind"), "left-behind"
    doomed.process.kill()
    with start_server(workspace) as other:
        other.wait_until(lambda answer: answer.is_success)
        _until(lambda: _said(other, thread_id) == ["user", "assistant"])
        ended = _ended(other, response_id)
        run_id = ended["custom_outputs"]["operations"][0]["run_id"]
        workspace.client().jobs.cancel_run(int(run_id))

    assert ended["status"] == "completed"


def _said(server: Any, thread_id: str) -> list[str]:
    read = server.call("GET", f"/threads/{thread_id}")
    return [each["role"] for each in read.json()["messages"]] if read.is_success else []
