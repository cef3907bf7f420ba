"""What is done to launches: one function for each kind of harm, each yields what came of it."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from chaos.finding import Finding
from chaos.replicas import Reply
from chaos.scenario import Scenario
from chaos.trial import Stage, Trial, Unusable
from chaos.world import RUN_NOW

AT_ONCE = 6
"""Trials that run at the same time."""

GIVEN_UP = ("LeaseLost", "LakebaseError", "LakebaseUnreachable", "LaunchUnknown")
"""What a process says that finds its lease, or its connection, gone."""

TRANSPORT_FAULTS: Mapping[str, Mapping[str, Any]] = {
    "drop": {"kind": "drop_before"},
    "read time-out": {"kind": "delay", "seconds": 2},
    "429": {"kind": "status", "status": 429},
    "503 twice": {"kind": "status", "status": 503, "times": 2},
    "500": {"kind": "status", "status": 500},
    "hang": {"kind": "hang", "seconds": 5},
    "lost answer": {"kind": "lost_answer"},
}


def impatient(scenario: Scenario) -> Scenario:
    """Return a scenario that waits a second for the workspace, and three for PostgreSQL."""
    changes = ("workspace.http_timeout_seconds=1", "lakebase.pool.statement_timeout_seconds=3")
    return replace(scenario, overrides=(*scenario.overrides, *changes))


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A moment of a launch, by what it is: a heartbeat more or less does not move it."""

    request: int
    """Which request of the scenario, from 0."""
    label: str
    """What happens."""
    time: int
    """For which time in the turn, from 1."""

    def __str__(self) -> str:
        """Return it for people."""
        return f"{self.label}, time {self.time} in request {self.request}"

    def armed(self, number: signal.Signals) -> Mapping[str, Any]:
        """Return what lets a replica send itself a signal at this moment."""
        return {"label": self.label, "time": self.time, "signal": int(number)}


async def moments(stage: Stage) -> Sequence[Moment]:
    """Return all moments of a launch, in their order, from one in which nothing goes wrong."""
    trial = Trial(stage=stage)
    found = []
    for at, request in enumerate(trial.requests):
        victim = await stage.replicas.take()
        reply = await victim.ask(request, moment={})
        assert not reply.error, reply
        times: Counter[str] = Counter()
        for label in reply.points:
            times[label] += 1
            found.append(Moment(request=at, label=label, time=times[label]))
        await victim.kill()
    return found


async def killed_at_every_moment(stage: Stage, chosen: Iterable[Moment]) -> Sequence[Finding]:
    """Kill the process at each of these moments of a launch."""

    async def one(moment: Moment) -> Finding:
        trial = Trial(stage=stage)
        *earlier, request = trial.requests[: moment.request + 1]
        for each in earlier:
            await trial.send(each)
        victim = await stage.replicas.take()
        armed = moment.armed(signal.SIGKILL)
        died = await trial.send_to_victim(request, victim, moment=armed)
        await victim.kill()
        return replace(await trial.finding(f"killed {moment}"), is_harmed=died)

    return await at_once([partial(one, each) for each in chosen])


async def killed_at_random(stage: Stage, *, times: int, seed: int) -> Sequence[Finding]:
    """Kill the process at random times of a launch, until so many were killed over it."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    seconds = await usual_seconds(stage)

    async def one(after: float) -> Finding:
        trial = Trial(stage=stage)
        died = []
        for request in trial.requests:
            victim = await stage.replicas.take()
            asking = asyncio.create_task(trial.send_to_victim(request, victim))
            await asyncio.wait({asking}, timeout=after)
            await victim.kill()
            died.append(await asking)
            await trial.send(request)
        found = await trial.finding(f"killed after {after:.4f} s")
        return replace(found, is_harmed=any(died))

    findings: list[Finding] = []
    # One that is killed after its answer was sent is looked at, and not counted.
    while missing := times - sum(each.is_harmed for each in findings):
        delays = [chance.uniform(0, seconds) for _ in range(missing)]
        findings += await at_once([partial(one, each) for each in delays])
    return findings


async def with_transport_faults(stage: Stage, names: Iterable[str]) -> Sequence[Finding]:
    """Let the request that starts the job fail in each of these ways."""

    async def one(name: str) -> Finding:
        trial = Trial(stage=stage)
        rule = {"method": "POST", "path": RUN_NOW, "body_contains": trial.marker}
        fault_id = await stage.world.add_fault(**rule, **TRANSPORT_FAULTS[name])
        found = await trial.finding(name)
        return replace(found, is_harmed=await stage.world.take_back(fault_id))

    return await at_once([partial(one, each) for each in names])


async def sent_often(stage: Stage, times: Iterable[int]) -> Sequence[Finding]:
    """Send the same request several times, one after another and at once, to four processes."""
    others = [await stage.replicas.take() for _ in range(3)]
    replicas = [stage.replicas.survivor, *others]

    async def one(number: int, *, at_once: bool) -> Finding:
        trial = Trial(stage=stage)
        sends = [
            partial(trial.send, trial.requests[0], to=replicas[at % len(replicas)])
            for at in range(number)
        ]
        how = "at once" if at_once else "one after another"
        if at_once:
            await asyncio.gather(*(send() for send in sends))
        else:
            for send in sends:
                await send()
        found = await trial.finding(f"sent {number} times {how}")
        other = {**trial.requests[0], "text": "Something else"}
        told = [await each.ask(other) for each in replicas]
        wrong = [each.error or each.text for each in told if each.error != "TurnConflict"]
        return replace(found, wrong=[*found.wrong, *(f"other words: {each}" for each in wrong)])

    given = [(number, at_once) for number in times for at_once in (False, True)]
    return await at_once([partial(one, number, at_once=at_once) for number, at_once in given])


async def frozen(stage: Stage, chosen: Iterable[Moment]) -> Sequence[Finding]:
    """Freeze the process at each of these moments, let another take over, and wake it."""

    async def one(moment: Moment) -> Finding:
        what = f"frozen {moment}"
        trial = Trial(stage=stage)
        *earlier, request = trial.requests[: moment.request + 1]
        for each in earlier:
            await trial.send(each)
        victim = await stage.replicas.take()
        armed = moment.armed(signal.SIGSTOP)
        asking = asyncio.create_task(victim.ask(request, moment=armed))
        stopping = asyncio.create_task(victim.stopped())
        await asyncio.wait({asking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        was_frozen = not asking.done()
        found = await trial.finding(what)
        if found.is_good:
            victim.signal(signal.SIGCONT)
            found = await _thawed(trial, request, asking, what)
        await victim.kill()
        await asyncio.gather(asking, return_exceptions=True)
        return replace(found, is_harmed=was_frozen)

    return await at_once([partial(one, each) for each in chosen])


async def _thawed(
    trial: Trial, request: Mapping[str, str], asking: asyncio.Task[Reply], what: str
) -> Finding:
    """Say what came of the process that works on after another one has answered."""
    survivor = trial.stage.replicas.survivor
    before = await survivor.turn_ids(request)
    await asyncio.wait({asking}, timeout=30)
    if not asking.done():
        return Finding(what=what, unusable="the frozen process does not come back")
    reply = asking.result()
    # One that was frozen after its answer was stored tells the same as the others.
    same = reply.body == trial.answered[request["turn_id"]][0].body
    if not (same or reply.error in GIVEN_UP):
        told = reply.error or reply.text
        return Finding(what=what, wrong=[f"the frozen process said {told!r}"])
    after = await survivor.turn_ids(request)
    if after != before:
        return Finding(what=what, wrong=[f"the frozen process made {before} into {after}"])
    return await trial.finding(what)


async def with_database_restarts(stage: Stage, *, times: int, seed: int) -> Sequence[Finding]:
    """Restart PostgreSQL at random times of launches."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    seconds = await usual_seconds(stage)
    findings: list[Finding] = []
    while len(findings) < times:
        trials = [Trial(stage=stage) for _ in range(AT_ONCE)]
        after = chance.uniform(0, seconds * AT_ONCE)
        begun = [asyncio.create_task(_sent(each)) for each in trials]
        await asyncio.sleep(after)
        await stage.world.restart_database()
        await asyncio.gather(*begun)
        what = f"PostgreSQL restarted after {after:.4f} s"
        findings += await asyncio.gather(*(each.finding(what) for each in trials))
    return findings


async def _sent(trial: Trial) -> None:
    """Send the requests; what is not answered is found later."""
    for request in trial.requests:
        try:
            await trial.send(request)
        except Unusable:
            return


async def usual_seconds(stage: Stage) -> float:
    """Return how long the slowest request of a launch takes here when nothing goes wrong."""
    replies = []
    for _ in range(2):
        trial = Trial(stage=stage)
        victim = await stage.replicas.take()
        replies = [await victim.ask(each) for each in trial.requests]
        await victim.kill()
    return max(each.seconds for each in replies)


async def at_once(trials: Sequence[Callable[[], Awaitable[Finding]]]) -> Sequence[Finding]:
    """Run trials, a few at the same time."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(trial: Callable[[], Awaitable[Finding]]) -> Finding:
        async with room:
            try:
                return await trial()
            except Unusable as error:
                return Finding(what="before it was looked at", unusable=str(error))

    return await asyncio.gather(*(one(each) for each in trials))
