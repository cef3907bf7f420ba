"""What the sweep decides about launches whose answer was lost."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from pydantic import BaseModel

from lakevisor.errors import LakebaseUnreachable
from lakevisor.ledger import LaunchLimits, OwnerKey, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.values import Intent
from lakevisor.supervisor.sweep import Sweep, keep_sweeping
from lakevisor_plugin import GiveUp, Started, SubAgent

WINDOW = timedelta(minutes=5)


class _SweptByAnother(MemoryLedger):
    """A ledger that another process sweeps."""

    @asynccontextmanager
    async def sweeping(self):
        yield False


class Given:
    """A ledger with launches that were given up, and what can be found of them."""

    def __init__(self):
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.ledger = MemoryLedger(clock=lambda: self.now)
        self.found = {}

    async def launch(self, name, *, workspace_id="1"):
        """Let somebody's turn write an intent and die."""
        start = TurnStart(
            owner=OwnerKey(workspace_id=workspace_id, owner="ann"),
            thread_key=name,
            thread_id=name,
            turn_id="turn",
            body_digest="words",
            holder="test",
            lease_seconds=15,
        )
        lease = await self.ledger.turns.begin(start)
        intent = Intent(
            token=name,
            agent="jobs",
            tool="start",
            kind="job_run",
            job="report",
            title="Report",
            parameters={"name": name},
            parameters_digest=name,
        )
        await self.ledger.operations.intend(lease, intent, LaunchLimits())
        return lease

    async def find(self, _settings, intended, _workspace):
        found = self.found[intended.parameters["name"]]
        if isinstance(found, Exception):
            raise found
        return [Started(run_id=each, state="running") for each in found]

    async def sweep(self, *, after=3 * WINDOW, **how):
        """Sweep later, and return what was found out by name, if nobody else sweeps."""
        self.now += after
        agent = SubAgent(name="jobs", delegate_when="?", settings=BaseModel, find=self.find)
        sweep = Sweep(
            ledger=self.ledger,
            agents={"jobs": SimpleNamespace(sub_agent=agent, settings=None)},
            workspace=SimpleNamespace(client=None, workspace_id=1, user_name="app"),
            window=WINDOW,
        )
        swept = await sweep.run(**how)
        return swept if swept is None else {each.record.token: each.outcome for each in swept}


@pytest.fixture
def given():
    return Given()


async def test_the_one_run_that_it_can_be_is_its_run(given):
    await given.launch("a")
    given.found = {"a": ["7"]}

    assert await given.sweep() == {"a": "launched"}
    operation = await given.ledger.operations.get_any("1", "7")
    assert (operation.token, operation.owner.owner) == ("a", "ann")
    assert await given.sweep() == {}


async def test_answers_are_kept_for_a_year_and_known_by_their_request_till_then(given):
    lease = await given.launch("a")
    await given.ledger.turns.finish(lease, "Started.")

    given.found = {"a": ["7"]}
    await given.sweep(after=timedelta(days=364))
    assert await given.ledger.turns.answer(lease.thread_key, "turn") is not None
    await given.sweep(after=timedelta(days=2))
    assert await given.ledger.turns.answer(lease.thread_key, "turn") is None


async def test_what_is_not_there_after_the_time_was_not_started(given):
    await given.launch("a")
    given.found = {"a": []}

    assert await given.sweep() == {"a": "abandoned"}
    assert (await given.ledger.counts()).unresolved == 0


async def test_a_request_may_still_be_under_way_before_that(given):
    await given.launch("a")
    given.found = {"a": []}

    assert await given.sweep(after=1.5 * WINDOW) == {}


@pytest.mark.parametrize("found", [["7", "8"], GiveUp("The job is gone."), OSError("no network")])
async def test_what_cannot_be_told_is_left_as_it_is(given, found):
    await given.launch("a")
    given.found = {"a": found}

    assert await given.sweep() == {"a": "unclear"}
    assert (await given.ledger.counts()).unresolved == 1


async def test_a_run_that_two_launches_can_have_started_is_given_to_neither(given):
    await given.launch("a")
    given.now += WINDOW
    # It is not decided yet, and it counts.
    await given.launch("b")
    given.found = {"a": ["7"], "b": ["7"]}

    assert await given.sweep(after=1.5 * WINDOW) == {"a": "unclear"}


async def test_a_run_that_is_known_is_not_another_launchs(given):
    await given.launch("a")
    await given.ledger.operations.launched("a", Started(run_id="7", state="running"))
    await given.launch("b")
    given.found = {"b": ["7"]}

    assert await given.sweep() == {"b": "abandoned"}


async def test_launches_of_another_workspace_are_left_alone(given):
    await given.launch("a", workspace_id="2")

    assert await given.sweep() == {}


async def test_while_another_process_sweeps_nothing_is_looked_for(given):
    given.ledger = _SweptByAnother(clock=lambda: given.now)
    await given.launch("a")

    assert await given.sweep() is None


async def test_a_dry_run_writes_nothing_down(given):
    await given.launch("a")
    given.found = {"a": ["7"]}

    assert await given.sweep(is_dry=True) == {"a": "launched"}
    assert (await given.ledger.counts()).unresolved == 1


class _Failing(MemoryLedger):
    """A ledger of which each sweep fails."""

    def __init__(self, error):
        super().__init__()
        self.error = error
        self.has_failed_twice = asyncio.Event()
        self.count = 0

    def sweeping(self):
        self.count += 1
        if self.count == 2:
            self.has_failed_twice.set()
        raise self.error


@pytest.mark.parametrize(
    ("error", "has_traceback"),
    [(LakebaseUnreachable(address="lakebase"), False), (KeyError("a bug"), True)],
)
async def test_a_sweep_that_fails_is_tried_again_and_only_a_bug_has_a_traceback(
    caplog, error, has_traceback
):
    ledger = _Failing(error)
    sweep = Sweep(
        ledger=ledger,
        agents={},
        workspace=SimpleNamespace(workspace_id=1, client=None, user_name="app"),
        window=WINDOW,
    )
    sweeping = asyncio.create_task(keep_sweeping(sweep, minutes=0.0001))
    await asyncio.wait_for(ledger.has_failed_twice.wait(), timeout=30)
    sweeping.cancel()
    await asyncio.wait({sweeping})
    first = caplog.records[0]
    assert first.action == "sweep_failed"
    assert bool(first.exc_info) is has_traceback
    assert len(first.getMessage().splitlines()) == 1
