"""Cancelling: asked for, then done; nothing that the run started is left."""

from __future__ import annotations

import time

import psutil
import pytest
from databricks.sdk.service.jobs import (
    QueueSettings,
    RunLifeCycleState,
    RunLifecycleStateV2State,
    RunResultState,
    TerminationCodeCode,
)

FAMILY = """
import os, pathlib, subprocess, sys, time
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"
process = subprocess.Popen([sys.executable, "-c", child])
time.sleep(0.2)
pathlib.Path({path!r}).write_text(f"{{os.getpid()}} {{process.pid}}")
time.sleep(60)
"""


@pytest.fixture
def family(jobs_server, tmp_path):
    """Give a task that starts a stubborn process, and the means to wait for both their numbers."""
    file = tmp_path / "family"

    def pids() -> list[int]:
        deadline = time.monotonic() + 20
        while not (file.exists() and (text := file.read_text())):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return [int(pid) for pid in text.split()]

    return jobs_server.notebook("family", FAMILY.format(path=str(file))), pids


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_cancelling_ends_all_that_the_run_started(w, family, wait_until):
    task, pids = family
    run_id = w.jobs.run_now(w.jobs.create(name="family", tasks=[task]).job_id).run_id
    processes = pids()
    assert all(is_running(pid) for pid in processes)
    w.jobs.cancel_run(run_id)
    stopping = w.jobs.get_run(run_id)
    assert stopping.state.life_cycle_state is RunLifeCycleState.TERMINATING
    run = wait_until(w, run_id)
    assert run.status.termination_details.code is TerminationCodeCode.USER_CANCELED
    assert run.tasks[0].state.result_state is RunResultState.CANCELED
    assert not any(is_running(pid) for pid in processes)


def test_cancelling_answers_an_empty_object_whatever_the_state(jobs_server, w, wait_until):
    job = w.jobs.create(name="ended", tasks=[jobs_server.notebook("ended", "pass")])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    path, body = "/api/2.2/jobs/runs/cancel", {"run_id": run.run_id}
    assert jobs_server.call("POST", path, body=body).json() == {}
    assert w.jobs.get_run(run.run_id).state.result_state is RunResultState.SUCCESS


def test_a_queued_run_can_be_cancelled(jobs_server, w, wait_until):
    task = jobs_server.notebook("sleeping", "import time\ntime.sleep(60)")
    job = w.jobs.create(name="queued", tasks=[task], queue=QueueSettings(enabled=True))
    first = w.jobs.run_now(job.job_id).run_id
    second = w.jobs.run_now(job.job_id).run_id
    w.jobs.cancel_run(second)
    run = wait_until(w, second)
    assert run.state.result_state is RunResultState.CANCELED
    assert w.jobs.get_run(first).status.state is not RunLifecycleStateV2State.TERMINATED
    w.jobs.cancel_all_runs(job_id=job.job_id)
    assert wait_until(w, first).state.result_state is RunResultState.CANCELED


def test_what_a_task_leaves_running_ends_with_it(jobs_server, w, wait_until):
    source = "import subprocess, sys\n"
    source += "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    source += "dbutils.notebook.exit(p.pid)"
    job = w.jobs.create(name="leftover", tasks=[jobs_server.notebook("leftover", source)])
    run = wait_until(w, w.jobs.run_now(job.job_id).run_id)
    output = w.jobs.get_run_output(run.tasks[0].run_id).notebook_output
    deadline = time.monotonic() + 5
    while is_running(int(output.result)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
