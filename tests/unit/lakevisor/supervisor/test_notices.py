"""What an agent says of the end of its operation is told, whoever has seen the end first."""

from typing import Any

import pytest
from pydantic import BaseModel

from lakevisor.ledger import OwnerKey, TurnOperations, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.registry import EnabledAgent
from lakevisor.supervisor.looks import Looks
from lakevisor.supervisor.notices import Notices
from lakevisor_plugin import Seen, Started, SubAgent
from lakevisor_testing.turns import make_turn


class _NoSettings(BaseModel):
    pass


async def answered(_: Any, operation: Any, __: Any) -> Seen:
    """Look at a question that Genie has answered."""
    text = f"{operation.title} It was 42."
    return Seen(state="COMPLETED", is_final=True, text=text, data={"sql": "SELECT 42"})


@pytest.fixture
def ledger():
    return MemoryLedger()


@pytest.fixture
def notices(ledger):
    sub_agent = SubAgent(name="genie", delegate_when="Data.", settings=_NoSettings, follow=answered)
    agent = EnabledAgent(
        name="genie", sub_agent=sub_agent, settings=_NoSettings(), delegate_when="", prompt=""
    )
    return Notices(
        store=ledger.operations, looks=Looks(store=ledger.operations, agents={"genie": agent})
    )


async def begin(ledger, turn_id):
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


async def hand_back_a_question(ledger):
    lease = await begin(ledger, "turn-1")
    operations = TurnOperations(store=ledger.operations, lease=lease).for_call(
        "genie", "ask", may_change=False
    )
    await operations.adopt(
        kind="genie_question",
        title="Revenue?",
        job="sales",
        parameters={},
        started=Started(run_id="c1/m1", state="EXECUTING_QUERY"),
    )
    await ledger.turns.finish(lease, {})
    return operations


async def test_the_next_turn_tells_the_answer_with_its_data(ledger, notices):
    await hand_back_a_question(ledger)

    [notice], told = await notices.collect(await begin(ledger, "turn-2"), make_turn(), known=set())

    assert notice.text == "Revenue? It was 42."
    assert notice.data == {"sql": "SELECT 42"}
    assert told == [notice.token]


async def test_an_end_that_somebody_saw_and_did_not_tell_is_told_with_its_answer(ledger, notices):
    operations = await hand_back_a_question(ledger)
    await operations.note("c1/m1", state="COMPLETED", is_final=True)

    [notice], _ = await notices.collect(await begin(ledger, "turn-2"), make_turn(), known=set())

    assert notice.text == "Revenue? It was 42."


async def test_what_the_reply_is_about_is_not_told_again(ledger, notices):
    await hand_back_a_question(ledger)

    lease = await begin(ledger, "turn-2")
    told = await notices.collect(lease, make_turn(), known={"c1/m1"})

    assert told == ([], [])


async def test_an_end_that_nobody_can_explain_is_told_plainly(ledger, notices):
    operations = await hand_back_a_question(ledger)
    await operations.note("c1/m1", state="COMPLETED", is_final=True)
    notices.looks.agents.clear()

    [notice], _ = await notices.collect(await begin(ledger, "turn-2"), make_turn(), known=set())

    assert notice.text == '"Revenue?" (run c1/m1) has ended: COMPLETED.'
