"""Harms of all kinds, drawn at random, one or two in a trial."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from chaos.experiments import at_once, usual_seconds
from chaos.finding import Finding
from chaos.replicas import Replica, ReplicaDied, Reply
from chaos.trial import Stage, Trial
from chaos.world import CHAT, GET_RUN, RUN_NOW

FAULTS: Mapping[str, Mapping[str, Any]] = {
    "drop_before": {"kind": "drop_before"},
    "503": {"kind": "status", "status": 503},
    "429": {"kind": "status", "status": 429},
    "lost_answer": {"kind": "lost_answer"},
}
CALLS: Mapping[str, Mapping[str, Any]] = {
    "run-now": {"method": "POST", "path": RUN_NOW},
    "runs/get": {"method": "GET", "path": GET_RUN},
    "model": {"method": "POST", "path": CHAT},
    "the model's second answer": {"method": "POST", "path": CHAT, "skip": 1},
}
KILL, FREEZE, RESTART, FAULT = "kill", "freeze", "restart PostgreSQL", "fault"
KINDS = (KILL, FREEZE, RESTART, FAULT)
WAKE_SECONDS = 30
"""How long a process that was frozen may take to say something."""


@dataclass(frozen=True, kw_only=True)
class Harm:
    """One thing that goes wrong."""

    kind: str
    after: float
    """Seconds from the request on; of no meaning for a fault."""
    fault: str = ""
    call: str = ""

    @classmethod
    def drawn(cls, chance: random.Random, *, seconds: float) -> Harm:
        """Draw one for a request that usually takes so many seconds."""
        return cls(
            kind=chance.choice(KINDS),
            after=round(chance.uniform(0, seconds), 4),
            fault=chance.choice([*FAULTS]),
            call=chance.choice([*CALLS]),
        )

    def __str__(self) -> str:
        """Return it for people."""
        if self.kind == FAULT:
            return f"{self.fault} on {self.call}"
        return f"{self.kind} after {self.after} s"


@dataclass(kw_only=True)
class Harmed:
    """A trial to which harm is done."""

    trial: Trial
    happened: int = 0
    """How many of the harms met the turn."""
    _frozen: list[tuple[Replica, asyncio.Task[Reply]]] = field(default_factory=list)
    _faults: list[int] = field(default_factory=list)

    async def do(self, harm: Harm, request: Mapping[str, str]) -> None:
        """Send the request to a process of its own, and do the harm meanwhile."""
        if harm.kind == FAULT:
            await self._let_fail(harm)
            return
        victim = await self.trial.stage.replicas.take()
        asking = asyncio.create_task(victim.ask(request))
        done, _ = await asyncio.wait({asking}, timeout=harm.after)
        self.happened += not done
        if harm.kind == FREEZE:
            victim.signal(signal.SIGSTOP)
            self._frozen.append((victim, asking))
            return
        if harm.kind == KILL:
            await victim.kill()
        else:
            await self.trial.stage.world.restart_database()
        await self._listen(asking, request)
        await victim.kill()

    async def end(self, request: Mapping[str, str]) -> Sequence[str]:
        """Wake what is frozen, after another one has answered, and say what was wrong with it."""
        wrong = []
        for victim, asking in self._frozen:
            victim.signal(signal.SIGCONT)
            await asyncio.wait({asking}, timeout=WAKE_SECONDS)
            if asking.done():
                await self._listen(asking, request)
            else:
                wrong.append("a frozen process does not come back")
            await victim.kill()
        for fault_id in self._faults:
            self.happened += await self.trial.stage.world.take_back(fault_id)
        return wrong

    async def _let_fail(self, harm: Harm) -> None:
        rule = {**CALLS[harm.call], **FAULTS[harm.fault]}
        if rule["method"] == "POST":
            rule["body_contains"] = self.trial.marker
        self._faults.append(await self.trial.stage.world.add_fault(**rule))

    async def _listen(self, asking: asyncio.Task[Reply], request: Mapping[str, str]) -> None:
        """Remember what the client was told, if it was answered."""
        try:
            reply = await asking
        except ReplicaDied:
            return
        if not reply.error:
            self.trial.answered[request["turn_id"]].append(reply)


async def mixed(stage: Stage, *, times: int, seed: int) -> Sequence[Finding]:
    """Do one or two random harms to each of so many launches."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    seconds = await usual_seconds(stage)

    async def one(harms: Sequence[Harm], at: int) -> Finding:
        trial = Trial(stage=stage)
        *earlier, request = trial.requests[: at + 1]
        for each in earlier:
            await trial.send(each)
        harmed = Harmed(trial=trial)
        # A fault waits for its call, so it must be there before the process that makes the call.
        for harm in sorted(harms, key=lambda each: each.kind != FAULT):
            await harmed.do(harm, request)
        await trial.send(request)
        wrong = await harmed.end(request)
        found = await trial.finding(f"{' and '.join(map(str, harms))} in request {at}")
        return replace(found, is_harmed=harmed.happened > 0, wrong=[*found.wrong, *wrong])

    drawn = [
        (
            [Harm.drawn(chance, seconds=seconds) for _ in range(chance.choice((1, 2)))],
            chance.randrange(len(stage.scenario.says)),
        )
        for _ in range(times)
    ]
    return await at_once([partial(one, harms, at) for harms, at in drawn])
