"""One supervisor works for many callers, and keeps them apart."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from lakevisor.supervisor import Caller, Request

pytestmark = pytest.mark.asyncio(loop_scope="session")

ANNA = Caller(user_name="anna@example.com")
BOB = Caller(user_name="bob@example.com", groups=frozenset({"finance"}))
LAUNCH = "Analyze all customer transactions for anomalies"


@pytest.fixture
def stop(workspace: Any) -> Any:
    """Give a function that remembers what is to be stopped at the end."""
    run_ids: list[str] = []
    yield run_ids.append
    for run_id in run_ids:
        workspace.client().jobs.cancel_run(int(run_id))


async def test_a_run_exists_for_the_caller_who_launched_it_alone(
    supervisor: Any, stop: Any
) -> None:
    launched = await supervisor.ask(Request(text=LAUNCH), caller=ANNA)
    run_id = launched.operations[0].run_id
    stop(run_id)

    status = Request(text=f"What is the status of run {run_id}?")
    hers = await supervisor.ask(status, caller=ANNA)
    his = await supervisor.ask(status, caller=BOB)
    ours = await supervisor.ask(status)

    assert [each.run_id for each in hers.operations] == [run_id]
    assert list(his.operations) == []
    assert list(ours.operations) == []


async def test_the_same_thread_id_is_another_thread_for_each_caller(
    supervisor: Any, recorder: Any
) -> None:
    thread_id = uuid4().hex
    await supervisor.ask(Request(text="Hello, I am Anna.", thread_id=thread_id), caller=ANNA)
    recorder.clear()

    await supervisor.ask(Request(text="Hello there.", thread_id=thread_id), caller=BOB)
    read_by_bob = str(recorder.prompts())
    await supervisor.ask(Request(text="Hello again.", thread_id=thread_id), caller=ANNA)

    assert "I am Anna" not in read_by_bob
    assert "I am Anna" in str(recorder.prompts())


async def test_a_group_opens_what_it_may_to_its_members_alone(
    workspace: Any, open_on: Any, stop: Any
) -> None:
    allowed = "agents.jobs.jobs.transaction_anomalies.allowed=[finance]"
    async with open_on(workspace, allowed) as supervisor:
        for_bob = await supervisor.ask(Request(text=LAUNCH), caller=BOB)
        for_anna = await supervisor.ask(Request(text=LAUNCH), caller=ANNA)

    stop(for_bob.operations[0].run_id)
    assert list(for_anna.operations) == []
