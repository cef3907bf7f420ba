"""Turns that want to know the same at the same time ask once."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import BaseModel

from lakevisor.ledger import OwnerKey, TurnOperations, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.registry import EnabledAgent
from lakevisor.supervisor.looks import Looks
from lakevisor_plugin import Seen, Started, SubAgent
from lakevisor_testing.turns import make_turn

OWNER = OwnerKey(workspace_id="1", owner="ann")


class _NoSettings(BaseModel):
    pass


@dataclass(kw_only=True)
class System:
    """One run, and whoever looks at it waits."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    looked: int = 0
    is_looked_at: asyncio.Event = field(default_factory=asyncio.Event)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        agent = SubAgent(name="jobs", delegate_when="", settings=_NoSettings, follow=self._follow)
        enabled = EnabledAgent(
            name="jobs", sub_agent=agent, settings=_NoSettings(), delegate_when="", prompt=""
        )
        self.looks = Looks(store=self.ledger.operations, agents={"jobs": enabled})

    async def _follow(self, *_: Any) -> Seen:
        self.looked += 1
        self.is_looked_at.set()
        await self.answers.wait()
        return Seen(state="running", is_final=False, text="It runs.")

    async def look(self, *, seconds: float = 10) -> list[str]:
        records = await self.ledger.operations.list(OWNER)
        seen = await self.looks.at(records, make_turn(), seconds=seconds)
        return [each.text for each in seen.values()]


@pytest.fixture
async def system() -> System:
    made = System()
    start = TurnStart(
        owner=OWNER,
        thread_key="thread",
        thread_id="thread",
        turn_id="turn",
        body_digest="words",
        holder="test",
        lease_seconds=60,
    )
    lease = await made.ledger.turns.begin(start)
    operations = TurnOperations(store=made.ledger.operations, lease=lease)
    await operations.for_call("jobs", "start", may_change=True).adopt(
        kind="job_run",
        title="Report",
        job="report",
        parameters={},
        started=Started(run_id="1", state="running"),
    )
    return made


async def test_a_look_that_is_under_way_is_shared(system):
    looks = [asyncio.create_task(system.look()) for _ in range(3)]
    await system.is_looked_at.wait()
    await asyncio.sleep(0)
    system.answers.set()

    assert await asyncio.gather(*looks) == [["It runs."]] * 3
    assert system.looked == 1


async def test_a_look_that_has_ended_is_not_taken_for_a_later_one(system):
    system.answers.set()

    await system.look()
    await system.look()

    assert system.looked == 2


async def test_who_shares_the_look_of_a_turn_that_ends_has_seen_nothing(system):
    first = asyncio.create_task(system.look())
    await system.is_looked_at.wait()
    second = asyncio.create_task(system.look())
    await asyncio.sleep(0)
    first.cancel()

    assert await second == []


async def test_a_look_that_takes_too_long_is_given_up(system):
    assert await system.look(seconds=0) == []

    system.answers.set()
    assert await system.look() == ["It runs."]
