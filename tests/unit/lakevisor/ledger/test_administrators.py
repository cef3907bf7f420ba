"""A configured administrator sees and stops what others have started; nobody else does."""

import pytest
import pytest_asyncio

from lakevisor.ledger import OwnerKey, TurnOperations, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.values import Action
from lakevisor_plugin import OperationNotFound, Started

KIND = "job_run"


@pytest_asyncio.fixture
async def ledger():
    """A ledger in which Ann has started run 7."""
    ledger = MemoryLedger()

    async def start(_):
        return Started(run_id="7", state="running")

    operations = await operations_of(ledger, "ann")
    job = {"kind": KIND, "title": "Report", "job": "report", "parameters": {}}
    await operations.launch(**job, start=start)
    return ledger


async def operations_of(ledger, name, **more):
    """What a tool call of somebody is given."""
    start = TurnStart(
        owner=OwnerKey(workspace_id="1", owner=name),
        thread_key=f"thread of {name}",
        thread_id="thread",
        turn_id="turn",
        body_digest="words",
        holder="test",
        lease_seconds=60,
    )
    lease = await ledger.turns.begin(start)
    turn = TurnOperations(store=ledger.operations, lease=lease, trace_id="tr-1", **more)
    return turn.for_call("jobs", "terminate", may_change=True)


async def test_an_administrator_gets_anothers_run_and_whose_it_is(ledger):
    operations = await operations_of(ledger, "root", is_administrator=True)

    assert (await operations.get("7", kind=KIND)).owner == "ann"


async def test_for_others_it_is_as_if_it_never_was(ledger):
    operations = await operations_of(ledger, "bob")
    said = []
    for run_id in ("7", "8"):
        with pytest.raises(OperationNotFound) as refused:
            await operations.get(run_id, kind=KIND)
        said.append(refused.value.message.replace(run_id, "N"))

    assert said[0] == said[1]


async def test_only_an_administrator_who_asks_lists_everybodys(ledger):
    root = await operations_of(ledger, "root", is_administrator=True)
    bob = await operations_of(ledger, "bob")

    assert [each.owner for each in await root.list(kind=KIND, everyone=True)] == ["ann"]
    assert not await root.list(kind=KIND, everywhere=True)
    assert not await bob.list(kind=KIND, everyone=True)


async def test_a_stop_by_an_administrator_names_both_in_the_audit(ledger):
    operations = await operations_of(ledger, "root", is_administrator=True)

    await operations.request_cancel("7", state="cancel_requested")

    [record] = await ledger.audit.of(OwnerKey(workspace_id="1", owner="root"))
    assert record.entry.action is Action.CANCEL_REQUESTED
    assert record.entry.details == {"owner": "ann"}
    assert (record.entry.origin.tool, record.entry.origin.trace_id) == ("terminate", "tr-1")
