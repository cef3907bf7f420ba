"""What has ended and was not looked at does not keep anybody from starting something."""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel

from lakevisor.ledger import LaunchLimits, OwnerKey, TurnOperations, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.registry import EnabledAgent
from lakevisor.supervisor.looks import Looks
from lakevisor.supervisor.room import Room
from lakevisor_plugin import GiveUp, Seen, Started, SubAgent
from lakevisor_testing.turns import make_turn

ONE_A_PERSON = LaunchLimits(running_per_owner=1)
ONE_OF_A_JOB = LaunchLimits(running_per_job=1)


class _NoSettings(BaseModel):
    pass


@dataclass(kw_only=True)
class System:
    """Where the runs are, and the ledger that has not looked there."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    ended: set[str] = field(default_factory=set)
    looked_at: list[str] = field(default_factory=list)
    is_down: bool = False

    def __post_init__(self) -> None:
        sub_agent = SubAgent(
            name="jobs", delegate_when="Jobs.", settings=_NoSettings, follow=self._follow
        )
        agent = EnabledAgent(
            name="jobs", sub_agent=sub_agent, settings=_NoSettings(), delegate_when="", prompt=""
        )
        self.room = Room(looks=Looks(store=self.ledger.operations, agents={"jobs": agent}))

    async def _follow(self, _: Any, operation: Any, __: Any) -> Seen:
        if self.is_down:
            raise ConnectionError
        self.looked_at.append(operation.run_id)
        await asyncio.sleep(0)
        is_final = operation.run_id in self.ended
        return Seen(state="ended" if is_final else "running", is_final=is_final, text="So it is.")

    async def operations(self, limits: LaunchLimits, *, person: str = "ann") -> Any:
        """Return the operations of one person in a turn on a thread of its own."""
        number = str(len(self.ledger._rows.threads))
        start = TurnStart(
            owner=OwnerKey(workspace_id="1", owner=person),
            thread_key=number,
            thread_id=number,
            turn_id="turn",
            body_digest="words",
            holder="test",
            lease_seconds=60,
        )
        lease = await self.ledger.turns.begin(start)
        make_room = partial(self.room.make, turn=make_turn())
        turn = TurnOperations(
            store=self.ledger.operations, lease=lease, limits=limits, make_room=make_room
        )
        return turn.for_call("jobs", "start", may_change=True)

    async def launch(self, run_id: str, limits: LaunchLimits, *, person: str = "ann") -> Any:
        """Launch a run of the one job there is."""

        async def start(_: str) -> Started:
            return Started(run_id=run_id, state="running")

        operations = await self.operations(limits, person=person)
        job = {"kind": "job_run", "title": "Report", "job": "report", "parameters": {}}
        return await operations.launch(**job, start=start)


@pytest.fixture
def system() -> System:
    return System()


async def test_a_run_that_ended_unnoticed_makes_room(system):
    await system.launch("1", ONE_A_PERSON)
    system.ended.add("1")

    assert (await system.launch("2", ONE_A_PERSON)).run_id == "2"


async def test_a_run_that_goes_on_leaves_no_room(system):
    await system.launch("1", ONE_A_PERSON)

    with pytest.raises(GiveUp, match="The limit is reached: 1 run at once"):
        await system.launch("2", ONE_A_PERSON)

    assert system.looked_at == ["1"]


async def test_a_refusal_names_the_runs_that_are_the_callers_own(system):
    limits = LaunchLimits(running_per_job=2)
    await system.launch("1", limits)
    await system.launch("2", limits, person="bob")

    with pytest.raises(GiveUp) as refused:
        await system.launch("3", limits)

    assert refused.value.message == (
        'The limit is reached: 2 runs of this job at once. Yours: 1 ("Report").'
    )


async def test_a_refusal_names_no_run_of_others(system):
    await system.launch("1", ONE_OF_A_JOB, person="bob")

    with pytest.raises(GiveUp) as refused:
        await system.launch("2", ONE_OF_A_JOB)

    assert refused.value.message == "The limit is reached: 1 run of this job at once."


async def test_somebody_elses_run_of_the_job_makes_room_too(system):
    await system.launch("1", ONE_OF_A_JOB, person="bob")
    system.ended.add("1")

    assert (await system.launch("2", ONE_OF_A_JOB)).run_id == "2"


async def test_room_is_made_under_each_limit_that_is_reached(system):
    both = LaunchLimits(running_per_owner=1, running_per_job=2)
    await system.launch("1", both)
    await system.launch("2", both, person="bob")
    system.ended |= {"1", "2"}

    assert (await system.launch("3", both)).run_id == "3"


async def test_a_repair_has_the_room_of_what_ended_unnoticed(system):
    first = await system.launch("1", ONE_A_PERSON)
    operations = await system.operations(ONE_A_PERSON)
    await operations.note(first.run_id, state="failed", is_final=True)
    await system.launch("2", ONE_A_PERSON)
    with pytest.raises(GiveUp, match="The limit is reached"):
        await operations.repaired(first.run_id, state="repairing")
    system.ended.add("2")

    assert not (await operations.repaired(first.run_id, state="repairing")).is_final


async def test_what_cannot_be_looked_at_counts(system):
    await system.launch("1", ONE_A_PERSON)
    system.ended.add("1")
    system.is_down = True

    with pytest.raises(GiveUp, match="The limit is reached"):
        await system.launch("2", ONE_A_PERSON)


async def test_who_is_refused_at_once_looks_once_and_exactly_one_starts(system):
    await system.launch("1", ONE_A_PERSON)
    system.ended.add("1")

    launches = [system.launch(str(number), ONE_A_PERSON) for number in range(2, 52)]
    outcomes = await asyncio.gather(*launches, return_exceptions=True)

    assert sum(not isinstance(each, GiveUp) for each in outcomes) == 1
    assert system.looked_at.count("1") == 1
    assert len(system.looked_at) <= 3


async def test_an_hour_is_not_looked_at(system):
    hourly = LaunchLimits(launches_per_hour=1)
    await system.launch("1", hourly)
    system.ended.add("1")

    with pytest.raises(GiveUp, match="1 launch within an hour"):
        await system.launch("2", hourly)

    assert system.looked_at == []
