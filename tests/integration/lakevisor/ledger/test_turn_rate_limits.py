"""Many who wait for one limit, in real time and with a minute that is a second long."""

import asyncio
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from lakevisor.ledger import TurnRateLimits
from lakevisor.ledger.memory import MemoryLedger
from lakevisor_plugin import NoSlot

WINDOW = 1.0
WAITER = """
import asyncio, sys
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool
from lakevisor.ledger import OwnerKey, TurnRateLimits
from lakevisor.ledger.postgres import PostgresLedger

conninfo, schema, workspace_id = sys.argv[1:]

async def wait():
    connecting = {"autocommit": True, "row_factory": dict_row}
    async with AsyncConnectionPool(conninfo, kwargs=connecting, open=False) as pool:
        ledger = PostgresLedger(pool, schema=schema, address="", role="")
        owner = OwnerKey(workspace_id=workspace_id, owner="dead")
        limits = TurnRateLimits(
            slots=ledger.slots, owner=owner, window_seconds=1.0, alive_seconds=1.0
        )
        say = lambda seconds: print("waiting", flush=True)
        async with limits.of("genie", per_minute=1).slot(within=60, waiting=say):
            print("sent", flush=True)

asyncio.run(wait())
"""


@pytest.fixture
def store(store):
    """Give each of the twins with a clock that goes on by itself."""
    in_memory = isinstance(store.ledger, MemoryLedger)
    return replace(store, ledger=MemoryLedger()) if in_memory else store


class Sender:
    """Sends requests under a limit and remembers when."""

    def __init__(self, *, limit=5):
        self.limit, self.sent = limit, []
        self.has_sent_two = asyncio.Event()

    async def send(self, store, owner, *, within=30.0, **more):
        limits = TurnRateLimits(
            slots=store.ledger.slots, owner=owner, window_seconds=WINDOW, alive_seconds=3.0
        )
        async with limits.of("genie", per_minute=self.limit).slot(within=within, **more):
            began = time.monotonic()
            await asyncio.sleep(0.01)
            self.sent.append((began, time.monotonic(), owner.owner))
        if len(self.sent) == 2:
            self.has_sent_two.set()

    @property
    def order(self):
        return [owner for *_, owner in sorted(self.sent)]

    def most_in_a_window(self):
        """Return how many requests can have come in at most within any window."""
        return max(
            sum(
                began <= other_began and other_began < ended + WINDOW
                for other_began, *_ in self.sent
            )
            for began, ended, _ in self.sent
        )


async def test_twelve_persons_at_once_are_all_served_and_never_too_many(store):
    sender, began = Sender(), time.monotonic()
    await asyncio.gather(*[sender.send(store, store.owner(f"p{n}")) for n in range(12)])
    took = time.monotonic() - began

    assert sorted(sender.order) == sorted(f"p{n}" for n in range(12))
    assert sender.most_in_a_window() == 5
    assert 2 * WINDOW <= took < 2 * WINDOW + 3


async def test_persons_take_turns_whatever_one_of_them_has_queued(store):
    sender = Sender(limit=2)
    many = [asyncio.create_task(sender.send(store, store.owner("ann"))) for _ in range(6)]
    await sender.has_sent_two.wait()
    await asyncio.gather(*[sender.send(store, store.owner(name)) for name in ("bob", "cid")])
    await asyncio.gather(*many)

    # Two at once, then a round in which each has one; of two slots that are free together, either
    # may be taken first.
    assert sorted(sender.order[:6]) == ["ann", "ann", "ann", "ann", "bob", "cid"]
    assert len(sender.order) == 8


async def test_processes_at_once_keep_one_limit(postgres, open_pool, schema):
    sender = Sender()
    async with AsyncExitStack() as stack:
        stores = [postgres]
        for _ in range(2):
            pool = await stack.enter_async_context(open_pool(max_size=3))
            ledger = type(postgres.ledger)(pool, schema=schema, address="", role="")
            stores.append(replace(postgres, ledger=ledger))
        await asyncio.gather(
            *[sender.send(stores[n % 3], postgres.owner(f"p{n % 8}")) for n in range(16)]
        )

    assert len(sender.sent) == 16
    assert sender.most_in_a_window() <= 5


async def test_who_would_wait_too_long_is_told_how_long_and_leaves(store):
    sender, told = Sender(limit=1), []
    await sender.send(store, store.owner("ann"))

    with pytest.raises(NoSlot, match="Try again in about 1 seconds") as refused:
        await sender.send(store, store.owner("bob"), within=0, waiting=told.append)

    assert refused.value.seconds == pytest.approx(WINDOW, abs=0.5)
    assert told == []
    await sender.send(store, store.owner("cid"), waiting=told.append)
    assert told[0] <= WINDOW


async def test_a_place_with_a_name_is_kept_for_who_goes_on_waiting(store):
    sender, order = Sender(limit=1), []
    await sender.send(store, store.owner("ann"))
    with pytest.raises(NoSlot):
        await sender.send(store, store.owner("bob"), within=0, place="bob's")

    async def send(name, **more):
        await sender.send(store, store.owner(name), **more)
        order.append(name)

    waiting = asyncio.Event()
    after = asyncio.create_task(send("cid", waiting=lambda _: waiting.set()))
    await waiting.wait()
    await asyncio.gather(after, send("bob", place="bob's"))

    assert order == ["bob", "cid"]


async def test_a_place_of_another_person_with_the_same_name_is_another_one(store):
    sender = Sender(limit=1)
    await sender.send(store, store.owner("ann"), place="first")

    with pytest.raises(NoSlot):
        await sender.send(store, store.owner("bob"), within=0, place="first")


async def test_who_is_cancelled_while_waiting_leaves_the_queue(store):
    sender, waiting = Sender(limit=1), asyncio.Event()
    await sender.send(store, store.owner("ann"))
    task = asyncio.create_task(
        sender.send(store, store.owner("bob"), waiting=lambda _: waiting.set())
    )
    await waiting.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    with pytest.raises(NoSlot) as refused:
        await sender.send(store, store.owner("cid"), within=0)
    assert refused.value.seconds <= WINDOW


async def test_nobody_goes_before_the_other_system_has_said(store):
    sender, told = Sender(), []
    limit = TurnRateLimits(slots=store.ledger.slots, owner=store.owner()).of("genie", per_minute=5)
    await limit.throttled(0.8)
    began = time.monotonic()
    await sender.send(store, store.owner("bob"), waiting=told.append)

    assert time.monotonic() - began > 0.7
    assert told[0] == pytest.approx(0.8, abs=0.3)


async def test_a_process_that_is_killed_while_waiting_does_not_hold_up_the_others(
    postgres, conninfo, schema
):
    def limit(name):
        shared = {"window_seconds": WINDOW, "alive_seconds": 1.0}
        limits = TurnRateLimits(slots=postgres.ledger.slots, owner=postgres.owner(name), **shared)
        return limits.of("genie", per_minute=1)

    given = (conninfo, schema, postgres.workspace_id)
    async with limit("ann").slot(within=10):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", WAITER, *given, stdout=asyncio.subprocess.PIPE
        )
        said = await process.stdout.readline()
        process.kill()
        await process.communicate()
    began = time.monotonic()
    async with limit("bob").slot(within=10):
        waited = time.monotonic() - began

    assert said == b"waiting\n"
    assert WINDOW <= waited < 5


def test_a_limit_of_nothing_is_refused():
    limits = TurnRateLimits(slots=MemoryLedger().slots, owner=None)
    with pytest.raises(ValueError, match="at least 1"):
        limits.of("genie", per_minute=0)
