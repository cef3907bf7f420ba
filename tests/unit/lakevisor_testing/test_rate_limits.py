"""Rate limits for the tests of plugins."""

import pytest

from lakevisor_plugin import NoSlot
from lakevisor_testing import InMemoryRateLimits, make_turn


async def test_without_a_wait_a_request_is_sent_at_once():
    limits, told = InMemoryRateLimits(), []
    async with limits.of("genie", per_minute=5).slot(within=0, waiting=told.append):
        assert limits.sent == []

    assert (limits.sent, limits.per_minute, told) == (["genie"], {"genie": 5}, [])


async def test_a_wait_is_told_and_not_waited_for():
    limits, told = InMemoryRateLimits(wait_seconds=3600), []
    async with limits.of("genie", per_minute=5).slot(within=3600, waiting=told.append):
        pass

    assert told == [3600]


async def test_a_wait_that_is_too_long_is_refused():
    limits = InMemoryRateLimits(wait_seconds=40)

    with pytest.raises(NoSlot, match="about 40 seconds"):
        async with limits.of("genie", per_minute=5).slot(within=39):
            pass
    assert limits.sent == []


async def test_after_a_throttling_the_next_one_waits():
    limits, told = InMemoryRateLimits(), []
    limit = limits.of("genie", per_minute=5)
    await limit.throttled(7)
    async with limit.slot(within=10, waiting=told.append):
        pass

    assert told == [7]


def test_a_turn_has_the_limits_that_it_is_given():
    limits = InMemoryRateLimits(wait_seconds=1)
    assert make_turn(rate_limits=limits).rate_limits is limits
