"""Keeping a lease while a turn runs, and no longer."""

import asyncio

import pytest

from lakevisor.errors import LakebaseUnreachable
from lakevisor.ledger import OwnerKey, TurnStart
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.memory.turns import MemoryTurns
from lakevisor.supervisor.lease_keeper import kept

START = TurnStart(
    owner=OwnerKey(workspace_id="1", owner="ann"),
    thread_key="thread",
    thread_id="thread",
    turn_id="turn",
    body_digest="words",
    holder="test",
    lease_seconds=0.03,
)


class Breaking(MemoryTurns):
    """Its connection breaks when a beat is cancelled, and raises its own error, as psycopg does."""

    def __init__(self):
        super().__init__(MemoryLedger()._rows)
        self.beats = 0
        self.is_beating = asyncio.Event()

    async def extend(self, _lease):
        self.beats += 1
        self.is_beating.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise LakebaseUnreachable(address="here") from None


@pytest.mark.timeout(20)  # A turn that did not end could not be cancelled either.
async def test_a_turn_ends_though_the_last_beat_breaks_off():
    turns = Breaking()
    lease = await turns.begin(START)

    async with kept(turns, lease):
        await turns.is_beating.wait()

    assert turns.beats == 1
