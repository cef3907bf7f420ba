"""Runs outlive the server that started them."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import psutil
import pytest
from databricks.sdk.service.jobs import QueueSettings, RunLifecycleStateV2State, RunResultState

HELD = """
import pathlib, time
while not pathlib.Path({gate!r}).exists():
    time.sleep(0.02)
dbutils.notebook.exit("went through")
"""


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """Give the file whose coming lets the held notebooks end."""
    return tmp_path / "gate"


def held(own_server, gate, **settings):
    """Start a run that ends when the gate opens; return the client and its ids."""
    w = own_server.client()
    task = own_server.notebook("held", HELD.format(gate=str(gate)))
    job_id = w.jobs.create(name="held", tasks=[task], **settings).job_id
    return w, job_id, w.jobs.run_now(job_id, idempotency_token="first").run_id


def process_of(own_server, w, run_id) -> psutil.Process:
    task_run_id = w.jobs.get_run(run_id).tasks[0].run_id
    return psutil.Process(int((own_server.data / "runs" / str(task_run_id) / "pid").read_text()))


def is_running(run) -> bool:
    return run.status.state is RunLifecycleStateV2State.RUNNING


def test_a_run_survives_the_sudden_death_of_the_server(own_server, gate, wait_until):
    w, _, run_id = held(own_server, gate)
    wait_until(w, run_id, is_running)
    process = process_of(own_server, w, run_id)
    own_server.end(signal.SIGKILL)
    assert process.is_running()
    own_server.start()
    assert is_running(w.jobs.get_run(run_id))
    gate.touch()
    run = wait_until(w, run_id)
    assert run.state.result_state is RunResultState.SUCCESS
    output = w.jobs.get_run_output(run.tasks[0].run_id).notebook_output
    assert output.result == "went through"


def test_a_run_that_ended_without_a_server_is_known_to_the_next(own_server, gate, wait_until):
    w, _, run_id = held(own_server, gate)
    wait_until(w, run_id, is_running)
    process = process_of(own_server, w, run_id)
    own_server.end()
    gate.touch()
    process.wait(timeout=10)
    own_server.start()
    assert wait_until(w, run_id).state.result_state is RunResultState.SUCCESS


def test_a_run_whose_process_died_without_a_server_is_an_error(own_server, gate, wait_until):
    w, _, run_id = held(own_server, gate)
    wait_until(w, run_id, is_running)
    process = process_of(own_server, w, run_id)
    own_server.end(signal.SIGKILL)
    process.kill()
    process.wait(timeout=10)
    own_server.start()
    run = wait_until(w, run_id)
    assert "Could not reach driver" in run.state.state_message


def test_queue_and_tokens_survive_a_restart(own_server, gate, wait_until):
    w, job_id, first = held(own_server, gate, queue=QueueSettings(enabled=True))
    second = w.jobs.run_now(job_id).run_id
    own_server.end(signal.SIGKILL)
    own_server.start()
    assert w.jobs.get_run(second).status.state is RunLifecycleStateV2State.QUEUED
    assert w.jobs.run_now(job_id, idempotency_token="first").run_id == first
    gate.touch()
    assert wait_until(w, second).state.result_state is RunResultState.SUCCESS


def test_a_cancel_reaches_a_process_of_the_former_server(own_server, gate, wait_until):
    w, _, run_id = held(own_server, gate)
    wait_until(w, run_id, is_running)
    process = process_of(own_server, w, run_id)
    own_server.end(signal.SIGKILL)
    own_server.start()
    w.jobs.cancel_run(run_id)
    assert wait_until(w, run_id).state.result_state is RunResultState.CANCELED
    deadline = time.monotonic() + 5
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.02)
