"""A launch as a tool asks for it, when the ledger fails on the way."""

import pytest

from lakevisor.errors import LakebaseUnreachable, LaunchUnknown
from lakevisor.ledger import Lease, OwnerKey, TurnOperations, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.memory.operations import MemoryOperations
from lakevisor_plugin import Started


class NoIntent(MemoryOperations):
    """Is gone before the intent is written."""

    async def intend(self, *_):
        raise LakebaseUnreachable(address="here")


class NoRunId(MemoryOperations):
    """Is gone before the run id is written."""

    async def launched(self, *_):
        raise LakebaseUnreachable(address="here")


async def lease_of(ledger) -> Lease:
    start = TurnStart(
        owner=OwnerKey(workspace_id="1", owner="ann"),
        thread_key="thread",
        thread_id="thread",
        turn_id="turn",
        body_digest="words",
        holder="test",
        lease_seconds=60,
    )
    return await ledger.turns.begin(start)


async def launch(operations):
    async def start(token):
        return Started(run_id="1", state="running")

    job = {"kind": "job_run", "title": "Report", "job": "report", "parameters": {}}
    return await operations.for_call("jobs", "start").launch(**job, start=start)


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
