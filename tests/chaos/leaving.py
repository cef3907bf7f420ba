"""Clients that do not come back: one that leaves while its turn runs, one whose process died."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from chaos.experiments import Moment, at_once
from chaos.finding import Finding
from chaos.replicas import CLIENT_LEAVES
from chaos.trial import Stage, Trial


async def clients_leave(stage: Stage, chosen: Iterable[Moment]) -> Sequence[Finding]:
    """Let the client leave at each of these moments; what it asked for is to be done."""

    async def one(moment: Moment) -> Finding:
        trial = Trial(stage=stage)
        *earlier, request = trial.requests[: moment.request + 1]
        for each in earlier:
            await trial.send(each)
        serving = await stage.replicas.take()
        reply = await serving.ask(request, moment=moment.armed(CLIENT_LEAVES))
        await serving.drain()
        await serving.kill()
        what = f"client left {moment}"
        is_last = moment.request == len(trial.requests) - 1
        # Looked at before the client sends anything again, which would do what is left undone.
        if is_last and not await trial.runs():
            return Finding(what=what, lost=["nothing runs"])
        if is_last and not set((await trial.status()).run_ids):
            return Finding(what=what, lost=["the ledger knows of no run"])
        return replace(await trial.finding(what), is_harmed=reply.error == "ClientLeft")

    return await at_once([partial(one, each) for each in chosen])


async def given_up(stage: Stage, chosen: Iterable[Moment]) -> Sequence[Finding]:
    """Kill the process at each of these moments; the person does not ask for the same again.

    The thread must go on, and what runs must be in the ledger: as an operation, or as an intent
    that the sweep finds.
    """

    async def one(moment: Moment) -> Finding:
        trial = Trial(stage=stage)
        *earlier, request = trial.requests[: moment.request + 1]
        for each in earlier:
            await trial.send(each)
        victim = await stage.replicas.take()
        died = await trial.send_to_victim(request, victim, moment=moment.armed(signal.SIGKILL))
        await victim.kill()
        what = f"given up after killed {moment}"
        await trial.say("Hello")
        status = await trial.status()
        runs = await trial.runs()
        known = set(status.run_ids) & set(runs)
        is_lost = runs and not known and not await stage.replicas.survivor.unresolved(request)
        return Finding(
            what=what,
            is_harmed=died,
            double_runs=max(0, len(runs) - 1),
            lost=[f"{sorted(runs)} runs, and the ledger does not know"] if is_lost else (),
        )

    return await at_once([partial(one, each) for each in chosen])
