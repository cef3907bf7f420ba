"""How the server's process starts, works on many turns at once, and ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

CHAT = "/serving-endpoints/chat/completions"
LAUNCH = "Analyze all customer transactions for anomalies"


def test_four_turns_at_once_take_as_long_as_one_and_health_answers(
    server: Any, add_fault: Any
) -> None:
    server.ask("Hello.")
    add_fault(kind="delay", path=CHAT, seconds=2, times=None)
    # One connection, so that the time is the server's.
    with ThreadPoolExecutor(4) as pool, server.client() as client:
        began = time.monotonic()
        turns = [pool.submit(server.ask, "Hello.") for _ in range(4)]
        looks = []
        while not all(turn.done() for turn in turns):
            looked = time.monotonic()
            assert client.get("/health").is_success
            looks.append(time.monotonic() - looked)
            time.sleep(0.05)
        took = time.monotonic() - began

    assert all(turn.result()["status"] == "completed" for turn in turns)
    assert took < 6, "one after another they take 8"
    assert sorted(looks)[len(looks) // 2] < 0.1


def test_a_turn_goes_on_when_its_client_leaves(server: Any, add_fault: Any) -> None:
    ids = {"custom_inputs": {"request_id": uuid4().hex, "thread_id": uuid4().hex}}
    add_fault(kind="delay", path=CHAT, seconds=1)
    with _begun(server, **ids):
        pass

    answers = []
    until = time.monotonic() + 20
    while time.monotonic() < until and 200 not in answers:
        answer = server.call("POST", "/responses", body={"input": "Hello.", **ids})
        answers.append(answer.status_code)
    assert answers[-1] == httpx.codes.OK
    assert set(answers[:-1]) == {httpx.codes.CONFLICT}


def test_a_client_that_leaves_at_any_event_leaves_one_run_and_a_thread_that_works(
    server: Any, workspace: Any
) -> None:
    jobs = workspace.client().jobs
    whole = server.call("POST", "/responses", body={"input": LAUNCH, "stream": True}).text
    before = {str(each.run_id) for each in jobs.list_runs()}
    left = [_leave_after(server, events) for events in range(1, whole.count("data: {") + 1)]
    answers = [_answered_in_the_end(server, LAUNCH, **ids) for ids in left]
    started = {str(each.run_id) for each in jobs.list_runs()} - before
    recorded = [_launched(each) for each in answers]
    for run_id in started:
        jobs.cancel_run(int(run_id))
    afterwards = [server.ask("Hello.", conversation=_thread(each)) for each in answers]

    assert len(left) > 8
    assert sorted(recorded) == sorted(started)
    assert {each["status"] for each in afterwards} == {"completed"}


def test_a_worker_that_is_started_again_refuses_nothing_while_it_opens(
    shared_server: Any,
) -> None:
    ready = shared_server.log.read_text(encoding="utf-8").count("Ready.")
    os.kill(_workers(shared_server)[0], signal.SIGKILL)
    statuses, until = [], time.monotonic() + 90
    while shared_server.log.read_text(encoding="utf-8").count("Ready.") == ready:
        assert time.monotonic() < until
        with suppress(httpx.TransportError):
            answer = shared_server.call("GET", "/threads?limit=1", user="ann@example.com")
            statuses.append(answer.status_code)

    assert set(statuses) == {httpx.codes.OK}


def test_a_turn_that_runs_at_sigterm_is_answered_before_the_end(
    workspace: Any, start_server: Any, add_fault: Any
) -> None:
    with start_server(workspace) as server:
        server.wait_until(lambda answer: answer.is_success)
        add_fault(kind="delay", path=CHAT, seconds=2)
        with _begun(server) as lines:
            server.process.send_signal(signal.SIGTERM)
            told = [*lines]
        server.process.wait(timeout=15)

    assert '"response.completed"' in str(told)


def test_a_turn_that_takes_too_long_at_sigterm_is_resumed_elsewhere(
    workspace: Any, start_server: Any, server: Any, add_fault: Any
) -> None:
    ids = {"custom_inputs": {"request_id": uuid4().hex, "thread_id": uuid4().hex}}
    with start_server(workspace) as other:
        other.wait_until(lambda answer: answer.is_success)
        add_fault(kind="delay", path=CHAT, seconds=25)
        with _begun(other, **ids) as lines:
            seconds, told = other.stop(), []
            with suppress(httpx.TransportError):
                told = [*lines]
    answer = server.ask("Hello.", **ids)

    assert seconds < 15
    assert "response.completed" not in str(told)
    assert answer["status"] == "completed"


def test_without_lakebase_it_is_alive_and_not_ready(workspace: Any, start_server: Any) -> None:
    with start_server(workspace, "lakebase.instance_name=nowhere") as server:
        told = server.wait_until(lambda answer: "lakebase_not_found" in answer.text)
        began = time.monotonic()
        refused = server.call("POST", "/responses", body={"input": "Hello."})

    assert told.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert "nowhere" not in told.text
    assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert int(refused.headers["retry-after"]) > 0
    assert time.monotonic() - began < 5


def test_what_only_a_person_can_correct_ends_the_process(workspace: Any, start_server: Any) -> None:
    token = ("workspace.profile=null", "workspace.token=env:NO_SUCH_VARIABLE")
    with start_server(workspace, *token, f"workspace.host={workspace.url}") as server:
        code = server.process.wait(timeout=60)

    assert code == 2
    assert "NO_SUCH_VARIABLE" in server.log.read_text(encoding="utf-8")


def test_an_app_of_many_people_does_not_start_as_one_person(
    workspace: Any, start_server: Any
) -> None:
    with start_server(workspace, DATABRICKS_APP_PORT="0") as server:
        code = server.process.wait(timeout=60)

    assert code == 2
    assert "serving.identity" in server.log.read_text(encoding="utf-8")


@contextmanager
def _begun(server: Any, **ids: Any) -> Iterator[Iterator[str]]:
    """Send a request, and give the lines of its stream once the turn runs."""
    body = {"input": "Hello.", "stream": True, **ids}
    with server.client() as client, client.stream("POST", "/responses", json=body) as answer:
        lines = answer.iter_lines()
        assert "response.created" in next(lines)
        yield lines


def _leave_after(server: Any, events: int) -> dict[str, Any]:
    """Read so many events of a launch, leave, and return the ids of the request."""
    ids = {"custom_inputs": {"request_id": uuid4().hex, "thread_id": uuid4().hex}}
    body = {"input": LAUNCH, "stream": True, **ids}
    with server.client() as client, client.stream("POST", "/responses", json=body) as answer:
        told = (line for line in answer.iter_lines() if line.startswith("data: "))
        for _ in range(events):
            next(told)
    return ids


def _answered_in_the_end(server: Any, text: str, **ids: Any) -> Any:
    """Send a request again until its turn has ended, and return the response."""
    until = time.monotonic() + 30
    while True:
        answer = server.call("POST", "/responses", body={"input": text, **ids})
        if answer.is_success:
            return answer.json()
        assert answer.status_code == httpx.codes.CONFLICT, answer.text
        assert time.monotonic() < until
        time.sleep(0.1)


def _launched(response: Any) -> str:
    [operation] = response["custom_outputs"]["operations"]
    return str(operation["run_id"])


def _thread(response: Any) -> str:
    return str(response["custom_outputs"]["thread_id"])


def _workers(server: Any) -> list[int]:
    """Return the process ids of the workers of a server."""
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    pids = [int(each) for each in children.read_text(encoding="ascii").split()]
    return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
