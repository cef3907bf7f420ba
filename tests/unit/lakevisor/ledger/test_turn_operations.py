"""A launch as a tool asks for it, when the ledger fails on the way."""

import pytest

from lakevisor.errors import LakebaseUnreachable, LaunchUnknown
from lakevisor.ledger import LaunchLimits, Lease, OwnerKey, TurnOperations, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.memory.operations import MemoryOperations
from lakevisor_plugin import OperationNotFound, Started


class NoIntent(MemoryOperations):
    """Is gone before the intent is written."""

    async def intend(self, *_):
        raise LakebaseUnreachable(address="here")


class NoRunId(MemoryOperations):
    """Is gone before the run id is written."""

    async def launched(self, *_):
        raise LakebaseUnreachable(address="here")


class NoAdoption(MemoryOperations):
    """Is gone when something is to be adopted."""

    async def adopt(self, *_):
        raise LakebaseUnreachable(address="here")


async def lease_of(ledger, turn_id="turn") -> Lease:
    start = TurnStart(
        owner=OwnerKey(workspace_id="1", owner="ann"),
        thread_key="thread",
        thread_id="thread",
        turn_id=turn_id,
        body_digest="words",
        holder="test",
        lease_seconds=60,
    )
    return await ledger.turns.begin(start)


async def launch(operations):
    async def start(token):
        return Started(run_id="1", state="running")

    job = {"kind": "job_run", "title": "Report", "job": "report", "parameters": {}}
    return await operations.for_call("jobs", "start", may_change=True).launch(**job, start=start)


@pytest.mark.parametrize("broken", [NoIntent, NoRunId])
async def test_a_launch_that_the_ledger_cannot_record_fails_the_turn_not_the_tool(broken):
    ledger = MemoryLedger()
    lease = await lease_of(ledger)

    # A tool's failure would be read by the model, which could start it again in other words.
    with pytest.raises(LaunchUnknown):
        await launch(TurnOperations(store=broken(ledger._rows), lease=lease))


async def test_the_same_launch_is_found_again_once_the_ledger_answers():
    ledger = MemoryLedger()
    lease = await lease_of(ledger)
    with pytest.raises(LaunchUnknown):
        await launch(TurnOperations(store=NoRunId(ledger._rows), lease=lease))

    operation = await launch(TurnOperations(store=ledger.operations, lease=lease))

    assert operation.run_id == "1"
    assert (await ledger.counts()).operations == 1


async def adopt(operations, *, kind="question"):
    question = {"kind": kind, "title": "Revenue?", "job": "sales", "parameters": {}}
    call = operations.for_call("genie", "ask", may_change=False)
    return call, await call.adopt(**question, started=Started(run_id="c1/m1", state="running"))


async def test_what_has_begun_already_is_no_launch_that_a_limit_counts():
    ledger = MemoryLedger()
    limits = LaunchLimits(launches_per_hour=0, running_per_owner=0, running_per_job=0)
    operations = TurnOperations(
        store=ledger.operations, lease=await lease_of(ledger), limits=limits
    )

    call, operation = await adopt(operations)

    assert (operation.run_id, operation.agent) == ("c1/m1", "genie")
    assert call.touched == (operation,)


async def test_what_has_begun_already_is_one_operation_in_every_turn():
    ledger = MemoryLedger()
    lease = await lease_of(ledger)
    _, first = await adopt(TurnOperations(store=ledger.operations, lease=lease))
    await ledger.turns.finish(lease, {})
    lease = await lease_of(ledger, turn_id="turn-2")

    _, again = await adopt(TurnOperations(store=ledger.operations, lease=lease))

    assert again == first
    assert (await ledger.counts()).operations == 1


async def test_what_begun_and_cannot_be_recorded_fails_the_turn():
    ledger = MemoryLedger()
    operations = TurnOperations(store=NoAdoption(ledger._rows), lease=await lease_of(ledger))

    with pytest.raises(LaunchUnknown):
        await adopt(operations)


async def test_a_run_id_is_looked_for_within_a_kind():
    ledger = MemoryLedger()
    call, _ = await adopt(TurnOperations(store=ledger.operations, lease=await lease_of(ledger)))

    with pytest.raises(OperationNotFound):
        await call.get("c1/m1", kind="job_run")
    assert (await call.get("c1/m1", kind="question")).title == "Revenue?"
