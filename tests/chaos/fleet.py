"""Servers behind something that passes requests on, of which some die and some freeze."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle

from chaos.replicas import Replica, ReplicaSettings, Reply
from chaos.world import World

SERVERS = 4
LEASE_SECONDS = 2.0
CLIENT_SECONDS = 8.0
"""After so long without an answer a client sends its request again."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What happens to servers and PostgreSQL, over and over."""

    harms: Sequence[str]
    """Of `kill`, `freeze` and `restart`."""
    pause: tuple[float, float]
    """Seconds between two of them, from and to."""
    frozen: tuple[float, float]
    """Seconds for which a server is frozen; a lease lasts two."""


MIXED = Weather(
    harms=("kill", "freeze", "restart", "freeze", "kill", "freeze"),
    pause=(1.0, 4.0),
    frozen=(0.5, 6.0),
)


@dataclass(kw_only=True)
class Fleet:
    """Servers of which some die and some freeze, behind something that passes requests on."""

    world: World
    settings: ReplicaSettings
    chance: random.Random
    happened: Counter[str] = field(default_factory=Counter)
    """What was done to them, and what clients were told."""
    _servers: list[Replica] = field(default_factory=list)
    _asked: set[asyncio.Task[Reply]] = field(default_factory=set)
    _waking: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, world: World, *, chance: random.Random, without: Sequence[str] = ()
    ) -> AsyncIterator[Fleet]:
        """Start the servers, and kill those that are left."""
        settings = ReplicaSettings(
            overrides=world.overrides(
                1, "turn.wait_seconds=0", f"turn.lease_seconds={LEASE_SECONDS}"
            ),
            log=world.logs / f"traffic{len(without)}.log",
            without=without,
        )
        fleet = cls(world=world, settings=settings, chance=chance)
        try:
            for _ in range(SERVERS):
                await fleet.start()
            yield fleet
        finally:
            await fleet.close()

    async def start(self) -> Replica:
        """Start one more server."""
        server = await Replica.start(self.settings)
        self._servers.append(server)
        return server

    async def close(self) -> None:
        """Kill all servers."""
        await asyncio.gather(*(each.kill() for each in self._servers))
        await asyncio.gather(*self._asked, *self._waking, return_exceptions=True)
        self._servers.clear()

    async def ask(self, request: Mapping[str, str]) -> Reply:
        """Send a request to one of the servers, as a client that does not wait for ever.

        Raises:
            ReplicaDied: it died over it.
            TimeoutError: no answer came in time; it may still be worked on.
        """
        asking = asyncio.create_task(self.chance.choice(self._servers).ask(request))
        self._asked.add(asking)
        asking.add_done_callback(self._asked.discard)
        done, _ = await asyncio.wait({asking}, timeout=CLIENT_SECONDS)
        if not done:
            # A late answer finds nobody.
            asking.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise TimeoutError
        return asking.result()

    async def harm(self, weather: Weather, is_over: asyncio.Event) -> None:
        """Kill and freeze servers and restart PostgreSQL, until it is over."""
        for what in cycle(weather.harms):
            with suppress(TimeoutError):
                await asyncio.wait_for(is_over.wait(), self.chance.uniform(*weather.pause))
                return
            self.happened[what] += 1
            if what == "restart":
                await self.world.restart_database()
            elif what == "kill":
                victim = self._servers.pop(self.chance.randrange(len(self._servers)))
                await victim.kill()
                await self.start()
            else:
                seconds = self.chance.uniform(*weather.frozen)
                server = self.chance.choice(self._servers)
                frozen = asyncio.create_task(_freeze(server, seconds))
                self._waking.add(frozen)
                frozen.add_done_callback(self._waking.discard)


async def _freeze(server: Replica, seconds: float) -> None:
    server.signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    server.signal(signal.SIGCONT)
