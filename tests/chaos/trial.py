"""One trial: something happens to a launch, the client sends again, and then all is looked at."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from chaos.finding import Finding
from chaos.replicas import Replica, ReplicaDied, Replicas, Reply
from chaos.scenario import Scenario
from chaos.world import World, now

PATIENCE = 45.0
"""Seconds for which a client sends a request again before the thread counts as unusable.

More than the time after which PostgreSQL ends the transaction of a process that was frozen.
"""
HANGING = 180.0
"""Seconds after which a request that was neither answered nor refused counts as hanging."""
SHORT_PATIENCE = 8.0
"""The same where it must become unusable."""
PAUSE = 0.1
LOOKS, LOOK_PAUSE = 3, 1.0
STARTED = re.compile(r'Started "[^"]*"\. Run (\d+)')


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A scenario with its processes and its job."""

    world: World
    scenario: Scenario
    job_id: int
    replicas: Replicas
    patience: float
    """Seconds for which a client sends a request again."""

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, world: World, scenario: Scenario, *, without: Sequence[str] = ()
    ) -> AsyncIterator[Stage]:
        """Make a job and start the processes, without some of the protections."""
        job_id = await world.new_job()
        settings = scenario.replicas(world, job_id, without=without)
        async with Replicas(settings=settings) as replicas:
            patience = SHORT_PATIENCE if without else PATIENCE
            yield cls(
                world=world,
                scenario=scenario,
                job_id=job_id,
                replicas=replicas,
                patience=patience,
            )


@dataclass(kw_only=True)
class Trial:
    """One wish of one person, on a thread of its own."""

    stage: Stage
    marker: str = field(default_factory=lambda: f"ref{uuid4().hex[:12]}")
    began: float = field(default_factory=now)
    answered: dict[str, list[Reply]] = field(default_factory=lambda: defaultdict(list))
    """What the client was told, by the id of its request."""

    @property
    def requests(self) -> Sequence[Mapping[str, str]]:
        """The requests that lead to the launch."""
        return [
            self.request(said.format(marker=self.marker), turn_id=f"{self.marker}-{at}")
            for at, said in enumerate(self.stage.scenario.says)
        ]

    def request(self, text: str, *, turn_id: str) -> Mapping[str, str]:
        """Return a request on the trial's thread."""
        return {"text": text, "thread_id": self.marker, "turn_id": turn_id}

    async def send(self, request: Mapping[str, str], *, to: Replica | None = None) -> Reply:
        """Send a request until it is answered, as a client does.

        Args:
            request: what is sent.
            to: the replica that takes it; without it the one that survives.

        Raises:
            Unusable: it is not answered.
        """
        deadline = time.monotonic() + self.stage.patience
        replica = to or self.stage.replicas.survivor
        while True:
            try:
                reply = await asyncio.wait_for(replica.ask(request), HANGING)
            except TimeoutError:
                raise Unusable(f"{request['turn_id']}: no answer in {HANGING:g} s") from None
            if not reply.error:
                self.answered[request["turn_id"]].append(reply)
                return reply
            if time.monotonic() > deadline:
                raise Unusable(f"{request['turn_id']}: {reply.error}: {reply.message}")
            await asyncio.sleep(PAUSE)

    async def send_to_victim(self, request: Mapping[str, str], victim: Replica, **how: Any) -> bool:
        """Send a request to a process that may die over it, and say whether it did."""
        try:
            reply = await victim.ask(request, **how)
        except ReplicaDied:
            return True
        if not reply.error:
            self.answered[request["turn_id"]].append(reply)
        return False

    async def finding(self, what: str) -> Finding:
        """Send all that the client would still send, and say what came of the trial."""
        try:
            for request in self.requests:
                await self.send(request)
            status = await self.status()
            hello = await self.say("Hello")
            again = await self.send(self.requests[-1])
        except Unusable as error:
            runs = await self.runs()
            return Finding(what=what, double_runs=max(0, len(runs) - 1), unusable=str(error))
        runs = await self.runs()
        return Finding(
            what=what,
            double_runs=max(0, len(runs) - 1),
            lost=self._lost(runs, status, again),
            unusable="" if hello.text else "an empty answer",
            wrong=await self._wrong(),
        )

    async def status(self) -> Reply:
        """Ask what became of the wish, again where the look itself met the harm of a trial."""
        for _ in range(LOOKS):
            reply = await self.say("What is the status?")
            if reply.run_ids:
                break
            await asyncio.sleep(LOOK_PAUSE)
        return reply

    async def say(self, text: str) -> Reply:
        """Say something else on the thread."""
        return await self.send(self.request(text, turn_id=uuid4().hex))

    async def runs(self) -> Mapping[str, str]:
        """Return what runs for the wish: the ids, and what each was started with."""
        return await self.stage.world.runs(self.stage.job_id, marker=self.marker, since=self.began)

    def _lost(self, runs: Mapping[str, str], status: Reply, again: Reply) -> Sequence[str]:
        lost = []
        # Other answers may also tell what became of the person's runs on other threads.
        launching = " ".join(each.text for each in self.answered[self.requests[-1]["turn_id"]])
        acknowledged = set(STARTED.findall(launching))
        if not runs:
            lost.append("nothing runs")
        if acknowledged - set(runs):
            lost.append(f"acknowledged, and not running: {acknowledged - set(runs)}")
        if not set(status.run_ids) & set(runs):
            lost.append(f"the ledger knows {status.run_ids}, and {runs} runs: {status.text}")
        if not set(again.run_ids) & set(runs):
            lost.append(f"the answer names {again.run_ids}: {again.text}")
        return lost

    async def _wrong(self) -> Sequence[str]:
        found = Counter(await self.stage.replicas.survivor.turn_ids(self.requests[-1]))
        times = [found[each["turn_id"]] for each in self.requests]
        wrong = [f"{each} messages of the person" for each in times if each != 1]
        told = [{each.body for each in all_} for all_ in self.answered.values()]
        wrong += [f"several answers: {each}" for each in told if len(each) > 1]
        return wrong


class Unusable(Exception):
    """A thread that takes no request."""
