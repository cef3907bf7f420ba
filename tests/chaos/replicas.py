"""The replicas from outside: started, asked, killed."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
STARTS, START_PAUSE = 10, 0.5
LOOK_SECONDS, LOOK_PAUSE = 60.0, 0.2
CLIENT_LEAVES = signal.SIGUSR1
"""At this signal a replica's client goes away, and the replica lives on."""


class ReplicaDied(Exception):
    """The process is gone, and what came of the request is not known."""


@dataclass(frozen=True, kw_only=True)
class ReplicaSettings:
    """What a replica is like."""

    overrides: Sequence[str]
    """Changes to the configuration `local`."""
    log: Path
    """Where it writes what it has to say."""
    plugins: Sequence[str] = ()
    """Folders with further installed distributions."""
    database_delay: float = 0.0
    """Seconds that each exchange with PostgreSQL takes longer."""
    without: Sequence[str] = ()
    """The protections that are switched off; names of `protection.SWITCHES`."""
    database: str = ""
    """Another database of the same Lakebase."""
    rate_window: float = 0.0
    """Seconds in which requests under a rate limit are counted; 0 leaves the usual minute."""
    question_held: float = 0.0
    """Seconds for which a queued question is held without a sign of life; 0 leaves the usual 30."""
    is_held: bool = False
    """Whether it begins to open its supervisor only when it is told to: so that many do at once."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a client gets for a request."""

    text: str = ""
    run_ids: tuple[str, ...] = ()
    body: str = ""
    """The whole answer, byte for byte."""
    error: str = ""
    """The name of the error's class; empty if it was answered."""
    message: str = ""
    seconds: float = 0.0
    points: tuple[str, ...] = ()
    """The moments of the turn, where they were counted."""


class Replica:
    """A process with a supervisor."""

    def __init__(self, process: Any, channel: socket.socket) -> None:
        self._process = process
        self._channel = channel
        self._numbers = count(1)
        self._sending = asyncio.Lock()
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._ready = self._expect(0)
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, settings: ReplicaSettings) -> Replica:
        """Fork a process and wait until its supervisor is open.

        One that finds PostgreSQL gone is started again, as a platform does.
        """
        for _ in range(STARTS):
            replica = await cls.fork(settings)
            with suppress(ReplicaDied):
                await replica.opened()
                return replica
            await asyncio.sleep(START_PAUSE)
        raise RuntimeError(f"A replica did not start; see {settings.log}.")

    @classmethod
    async def fork(cls, settings: ReplicaSettings) -> Replica:
        """Fork a process."""
        ours, theirs = socket.socketpair()
        process = await asyncio.to_thread(_fork, settings, theirs)
        theirs.close()
        ours.setblocking(False)
        return cls(process, ours)

    def release(self) -> None:
        """Let a process begin that is held."""
        self._channel.send(b"\n")

    async def opened(self) -> None:
        """Wait until the supervisor is open.

        Raises:
            ReplicaDied: it could not be opened.
        """
        await self._ready

    async def ask(
        self,
        request: Mapping[str, str],
        *,
        moment: Mapping[str, Any] | None = None,
        user: str = "",
        stays: bool = False,
    ) -> Reply:
        """Send a request as a client.

        Args:
            request: the fields of a `Request`.
            moment: the arguments of `Points.arm`; without them no moments are counted.
            user: who asks; without one, the identity of the process.
            stays: whether moments are counted after the turn too; see `moments`.

        Raises:
            ReplicaDied: before there was a reply.
        """
        told = await self._order(do="ask", request=request, moment=moment, user=user, stays=stays)
        del told["number"]
        told |= {name: tuple(told[name]) for name in ("run_ids", "points") if name in told}
        return Reply(**told)

    async def moments(self) -> list[str]:
        """Return the moments since they are counted, and count no more."""
        told = await self._order(do="moments")
        seen: list[str] = told["points"]
        return seen

    async def died(self, *, within: float) -> bool:
        """Wait until the process is gone, and return whether it went in time."""
        done, _ = await asyncio.wait({self._reading}, timeout=within)
        return bool(done)

    async def turn_ids(self, request: Mapping[str, str]) -> list[str]:
        """Return the ids of the person's messages in the thread of a request."""
        said = await self.said(request)
        return [message_id for kind, message_id, _ in said if kind == "human"]

    async def said(self, request: Mapping[str, str]) -> list[tuple[str, str, str]]:
        """Return the type, id and text of each message in the thread of a request."""
        told = await self._look(do="history", request=request)
        return [tuple(each) for each in told["said"]]

    async def unresolved(self, request: Mapping[str, str]) -> list[str]:
        """Return the tokens under which something may run in the thread of a request."""
        told = await self._look(do="unresolved", request=request)
        tokens: list[str] = told["tokens"]
        return tokens

    async def drain(self) -> None:
        """Wait for the turns that still run in it."""
        await self._order(do="drain")

    async def sweep(self, *, window: float) -> list[list[str]]:
        """Let it look for launches without an answer, and return the outcome and words of each.

        Args:
            window: seconds in which a request can arrive after its intent.
        """
        told = await self._order(do="sweep", window=window)
        swept: list[list[str]] = told["swept"]
        return swept

    def signal(self, number: int) -> None:
        """Send the process a signal."""
        with suppress(ProcessLookupError):
            os.kill(self._process.pid, number)

    async def stopped(self) -> None:
        """Wait until the process is frozen."""
        stat = Path(f"/proc/{self._process.pid}/stat")
        # The kernel tells nobody but the parent, which is the process that forked it.
        while await asyncio.to_thread(_state, stat) != "T":  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """Kill the process, and wait until it is gone."""
        self.signal(signal.SIGKILL)
        await self._reading

    async def _look(self, **order: Any) -> dict[str, Any]:
        """Look at something until it is seen: PostgreSQL may be restarted meanwhile."""
        deadline = time.monotonic() + LOOK_SECONDS
        while "error" in (told := await self._order(**order)):
            assert time.monotonic() < deadline, told
            await asyncio.sleep(LOOK_PAUSE)
        return told

    async def _order(self, **order: Any) -> dict[str, Any]:
        number = next(self._numbers)
        answer = self._expect(number)
        line = json.dumps({"number": number, **order}).encode() + b"\n"
        # A socket that is full wakes up one who waits to send, and forgets all others.
        with suppress(OSError):
            async with self._sending:
                await asyncio.get_running_loop().sock_sendall(self._channel, line)
        return await answer

    def _expect(self, number: int) -> asyncio.Future[dict[str, Any]]:
        expected = asyncio.get_running_loop().create_future()
        self._waiting[number] = expected
        return expected

    async def _read(self) -> None:
        reader, writer = await asyncio.open_connection(sock=self._channel.dup())
        with suppress(OSError):
            while line := await reader.readline():
                told = json.loads(line)
                self._waiting.pop(told["number"]).set_result(told)
        writer.close()
        self._channel.close()
        for expected in self._waiting.values():
            if not expected.done():
                expected.set_exception(ReplicaDied())
        self._waiting.clear()
        await asyncio.to_thread(self._process.join)


@dataclass(kw_only=True)
class Replicas:
    """Replicas of one kind: survivors that answer, and spare ones that may be killed."""

    settings: ReplicaSettings
    spare: int = 3
    """How many are made ready in advance."""
    _ready: list[asyncio.Task[Replica]] = field(default_factory=list)
    _all: list[Replica] = field(default_factory=list)

    async def __aenter__(self) -> Replicas:
        """Start the first replica, which survives."""
        self.survivor = await self._start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Kill them all."""
        await asyncio.gather(*self._ready, return_exceptions=True)
        await asyncio.gather(*(each.kill() for each in self._all))

    async def take(self) -> Replica:
        """Return a replica that nobody else has; the next one is made ready meanwhile."""
        while len(self._ready) <= self.spare:
            self._ready.append(asyncio.create_task(self._start()))
        return await self._ready.pop(0)

    async def _start(self) -> Replica:
        replica = await Replica.start(self.settings)
        self._all.append(replica)
        return replica


def _state(stat: Path) -> str:
    """Return the letter for a process's state; see proc(5)."""
    return stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def _fork(settings: ReplicaSettings, channel: socket.socket) -> Any:
    """Fork from a process that has imported everything and opened nothing."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chaos.replica"])
    # The server's process finds what it imports first through the environment alone.
    former = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(TESTS), former]))
    try:
        process = context.Process(target=_run, args=(settings, channel), daemon=True)
        process.start()
    finally:
        if former is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = former
    return process


def _run(settings: ReplicaSettings, channel: socket.socket) -> None:
    from chaos.replica import main

    main(settings, channel)
