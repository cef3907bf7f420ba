"""Stopping a run: requested first, confirmed when it is seen."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from lakevisor_plugin import GiveUp

SLOW = "import time; time.sleep(60)"
QUICK = "dbutils.notebook.exit('done')"
TELLS_ITS_PROCESS = (
    "import os, pathlib, time; pathlib.Path({0!r}).write_text(str(os.getpid()))\n{1}"
)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def written(file: Path) -> int:
    """Wait for the process that writes its number into the file."""
    deadline = time.monotonic() + 20
    while not (file.exists() and (text := file.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return int(text)


async def test_a_stop_is_requested_and_then_seen(
    make_job: Any, converse: Any, tmp_path: Path
) -> None:
    file = tmp_path / "pid"
    thread = converse(job_id=make_job("stop", TELLS_ITS_PROCESS.format(str(file), SLOW)))
    run_id = (await thread.start()).operation.run_id
    pid = await asyncio.to_thread(written, file)

    answer = await thread.terminate()

    assert answer.text.startswith(f"Stop requested for run {run_id}. ")
    assert answer.data["state"] == "cancel_requested"
    confirmed = await thread.poll_until("cancelled")
    assert confirmed.text.startswith(f"Run {run_id} was cancelled after ")
    assert not is_alive(pid)


async def test_a_stop_that_is_not_confirmed_stays_requested(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("stays", SLOW))
    run_id = (await thread.start()).operation.run_id
    await thread.operations.request_cancel(run_id, state="cancel_requested")

    answer = await thread.poll()

    assert answer.text.endswith("A stop was requested and is not confirmed yet.")
    assert (await thread.operations.get(run_id)).state == "cancel_requested"
    await thread.terminate()


async def test_a_stop_may_be_asked_for_twice(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("twice", SLOW))
    run_id = (await thread.start()).operation.run_id

    await thread.terminate()
    answer = await thread.terminate()

    assert run_id in answer.text
    assert (await thread.poll_until("cancelled")).data["run_id"] == run_id


async def test_a_run_that_is_over_is_not_stopped(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("over", QUICK))
    run_id = (await thread.start()).operation.run_id
    await thread.poll_until("succeeded")
    workspace.control("DELETE", "requests")

    answer = await thread.terminate(run_id=run_id)

    assert answer.text == f"Run {run_id} has already ended: it succeeded."
    assert workspace.requests("/api/2.?/jobs/runs/cancel") == []


async def test_a_queued_run_can_be_stopped(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("waiting", SLOW, max_concurrent_runs=1))
    first = (await thread.start()).operation.run_id
    second = (await thread.start()).operation.run_id

    await thread.terminate(run_id=second)

    assert (await thread.poll_until("cancelled", run_id=second)).data["run_id"] == second
    await thread.terminate(run_id=first)


async def test_a_permission_to_look_is_not_one_to_stop(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    job_id = make_job("look", SLOW)
    thread = converse(job_id=job_id)
    run_id = (await thread.start()).operation.run_id
    look = AccessControlRequest(
        user_name="viewer@local.test", permission_level=PermissionLevel.CAN_VIEW
    )
    workspace.client().permissions.set("jobs", str(job_id), access_control_list=[look])
    owner, thread.client = workspace.client(), workspace.client("viewer")

    with pytest.raises(GiveUp, match=f"no permission for run {run_id}"):
        await thread.terminate()

    owner.jobs.cancel_run(int(run_id))


async def test_ten_rounds_of_launch_status_and_cancel_never_ask_back(
    make_job: Any, converse: Any
) -> None:
    thread = converse(job_id=make_job("rounds", SLOW, max_concurrent_runs=1))
    for _ in range(10):
        run_id = (await thread.start()).operation.run_id
        assert (await thread.poll()).data["run_id"] == run_id
        assert run_id in (await thread.terminate()).text
