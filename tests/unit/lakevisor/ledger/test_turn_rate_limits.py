"""A rate limit when its queue cannot be reached."""

import pytest

from lakevisor.errors import LakebaseUnreachable
from lakevisor.ledger import OwnerKey, TurnRateLimits
from lakevisor.ledger.memory import MemoryLedger
from lakevisor.ledger.memory.slots import MemorySlots

ANN = OwnerKey(workspace_id="1", owner="ann")


class NoQueue(MemorySlots):
    """Cannot be reached."""

    async def ask(self, *_):
        raise LakebaseUnreachable(address="here")

    async def leave(self, *_):
        raise LakebaseUnreachable(address="here")


class GoneAfterwards(MemorySlots):
    """Cannot be reached any more once a slot was taken."""

    async def sent(self, *_):
        raise LakebaseUnreachable(address="here")


def limit(kind):
    slots = kind(MemoryLedger()._rows)
    return TurnRateLimits(slots=slots, owner=ANN).of("genie", per_minute=1)


async def test_nothing_is_sent_without_the_queue():
    sent = []
    with pytest.raises(LakebaseUnreachable):
        async with limit(NoQueue).slot(within=1):
            sent.append("request")

    assert sent == []


async def test_what_was_sent_is_not_lost_when_the_queue_is(caplog):
    async with limit(GoneAfterwards).slot(within=1):
        answer = "an answer"

    assert answer == "an answer"
    assert "is kept longer than needed" in caplog.text


async def test_what_the_request_raises_is_raised(caplog):
    with pytest.raises(ZeroDivisionError):
        async with limit(GoneAfterwards).slot(within=1):
            raise ZeroDivisionError

    assert "is kept longer than needed" in caplog.text
