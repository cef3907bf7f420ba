"""How the end of a run is told, and the list of a person's runs."""

from __future__ import annotations

import re
from typing import Any

from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel

from lakevisor_jobs.following import follow
from lakevisor_plugin import Seen

QUICK = "dbutils.notebook.exit('done')"
SLOW = "import time; time.sleep(60)"


async def seen(thread: Any, run_id: str) -> Seen:
    operation = await thread.operations.get(run_id)
    return await follow(thread.settings, operation, thread.next_turn())


async def test_the_end_of_a_run_is_one_sentence(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("followed", QUICK))
    run_id = (await thread.start()).operation.run_id
    await thread.poll_until("succeeded")
    workspace.control("DELETE", "requests")

    found = await seen(thread, run_id)

    assert (found.state, found.is_final) == ("succeeded", True)
    sentence = (
        rf'Run {run_id} \("Transaction anomalies"\) has ended: it succeeded after \d+ s\. '
        r"Ask for its status to see the result\."
    )
    assert re.fullmatch(sentence, found.text)
    assert len(workspace.requests("/api/2.?/jobs/*")) == 1


async def test_a_failure_names_the_task_and_why(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("follow-failed", QUICK, "raise ValueError('no table')"))
    run_id = (await thread.start()).operation.run_id
    await thread.poll_until("failed")

    found = await seen(thread, run_id)

    assert re.search(r"it failed after \d+ s\. `t1`: ValueError: no table\.$", found.text)


async def test_a_run_that_goes_on_has_not_ended(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("follow-slow", SLOW))
    run_id = (await thread.start()).operation.run_id

    assert not (await seen(thread, run_id)).is_final

    await thread.terminate()
    await thread.poll_until("cancelled")
    assert "has ended: it was cancelled" in (await seen(thread, run_id)).text


async def test_a_run_that_is_gone_has_vanished(make_job: Any, converse: Any) -> None:
    thread = converse(job_id=make_job("follow-gone", QUICK))
    run_id = (await thread.start()).operation.run_id
    await thread.poll_until("succeeded")
    thread.client.jobs.delete_run(int(run_id))

    found = await seen(thread, run_id)

    assert (found.state, found.is_final) == ("vanished", True)
    assert "has vanished from the workspace. Databricks keeps runs for 60 days" in found.text


async def test_only_the_runs_that_may_go_on_are_looked_at(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    thread = converse(job_id=make_job("listed", QUICK))
    first = (await thread.start()).operation.run_id
    await thread.poll_until("succeeded")
    second = (await thread.start()).operation.run_id
    workspace.control("DELETE", "requests")

    answer = await thread.runs()

    rows = answer.text.splitlines()[2:]
    assert rows[0].startswith(f"| {second} | Transaction anomalies | ")
    assert rows[1].startswith(f"| {first} | Transaction anomalies | succeeded | ")
    assert len(workspace.requests("/api/2.?/jobs/*")) == 1


async def test_a_run_that_cannot_be_seen_is_listed_as_it_was(
    make_job: Any, converse: Any, workspace: Any
) -> None:
    job_id = make_job("unseen-listed", SLOW)
    thread = converse(job_id=job_id)
    run_id = (await thread.start()).operation.run_id
    state = (await thread.operations.get(run_id)).state
    nobody = AccessControlRequest(
        user_name="admin@local.test", permission_level=PermissionLevel.CAN_MANAGE
    )
    workspace.client().permissions.set("jobs", str(job_id), access_control_list=[nobody])
    thread.client = workspace.client("viewer")

    answer = await thread.runs()

    assert answer.data["runs"][0]["state"] == state
    workspace.client().jobs.cancel_run(int(run_id))
