"""The rows about a queued question whose process is killed: another one sends it, and once.

The process dies in the turn that queues the question, or afterwards, while it waits to send it,
sends it and writes down that it has.
"""

from __future__ import annotations

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from psycopg.sql import SQL, Identifier

from chaos.experiments import Moment
from chaos.finding import Finding
from chaos.genie_questions import GENIE, Asker, new_question
from chaos.model import DATA
from chaos.replicas import Replica, ReplicaDied, Replicas, ReplicaSettings
from chaos.row import Options, Row
from chaos.world import World

TURN_SECONDS = 14.0
"""So short that a question is queued that must wait for two seconds."""
HELD_BACK = 5.0
"""Seconds for which nobody may send a question, from the moment on at which one is asked."""
HELD = 5.0
"""Seconds without a sign of life after which a question belongs to nobody."""
REACHED_WITHIN = 20.0
"""Seconds within which a moment is reached, if it is."""
PATIENCE = 90.0
AT_ONCE = 4
HOLD_BACK = """
    UPDATE {}.rate_limits SET blocked_until = clock_timestamp() + make_interval(secs => %s)
"""
SENT = "SELECT details ->> 'sent_as' FROM {}.operations WHERE title = %s"
POST = "POST /api/2.0/genie/spaces/"
Chosen = Callable[[Sequence[Moment]], Sequence[Moment]]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The processes and the queue that they share."""

    world: World
    replicas: Replicas
    schema: str
    """Of their ledger."""

    @classmethod
    @asynccontextmanager
    async def opened(cls, world: World, *, without: Sequence[str] = ()) -> AsyncIterator[Scene]:
        """Start the processes, and let one ask a question, so that the limit is known."""
        name = f"takeover_{uuid4().hex[:12]}"
        given = [f"lakebase.schema_name={name}", f"turn.deadline_seconds={TURN_SECONDS}"]
        settings = ReplicaSettings(
            overrides=world.overrides(1, *given),
            log=world.logs / f"{name}.log",
            question_held=HELD,
            without=without,
        )
        async with Replicas(settings=settings, spare=1) as replicas:
            scene = cls(world=world, replicas=replicas, schema=f"{name}_ledger")
            first = Asker(name="first@local.test", server=replicas.survivor, patience=PATIENCE)
            await first.ask(await new_question(world, f"{name}-first"))
            yield scene

    async def hold_back(self) -> None:
        """Let nobody send a question for some seconds."""
        async with self.world.session() as session:
            await session.execute(SQL(HOLD_BACK).format(Identifier(self.schema)), [HELD_BACK])

    async def until_sent(self, question: str) -> None:
        """Wait until the ledger says that a question was sent."""
        deadline = time.monotonic() + PATIENCE
        async with self.world.session() as session:
            while True:
                query = SQL(SENT).format(Identifier(self.schema))
                row = await (await session.execute(query, [question])).fetchone()
                if row is not None and row[0]:
                    return
                assert time.monotonic() < deadline, "it was not sent"
                await asyncio.sleep(0.1)

    async def times_sent(self, question: str) -> int:
        """Return how often the workspace has taken a question."""
        told = await self.world.call("GET", f"/local/requests?path={GENIE}&method=POST")
        taken = [each for each in told["requests"] if each["status"] == 200]
        return sum(question in json.dumps(each["body"]) for each in taken)


async def moments(scene: Scene) -> Sequence[Moment]:
    """Return all moments of a queued question, from one in which nothing goes wrong."""
    question = await new_question(scene.world, uuid4().hex)
    victim = await scene.replicas.take()
    await scene.hold_back()
    reply = await victim.ask(_request(question), moment={}, user="any@local.test", stays=True)
    assert "queued and not sent yet" in reply.text, reply
    await scene.until_sent(question)
    times: Counter[str] = Counter()
    found = []
    for label in await victim.moments():
        times[label] += 1
        found.append(Moment(request=0, label=label, time=times[label]))
    await victim.kill()
    return found


async def killed(scene: Scene, moment: Moment) -> Finding:
    """Kill the process that has a question at a moment, and look what becomes of the question."""
    question, asker = await _asker(scene)
    victim = await scene.replicas.take()
    died = await _ask_victim(victim, moment, asker, question)
    await victim.kill()
    await asker.until_answered()
    sent = await scene.times_sent(question)
    told = asker.times_told(question)
    return Finding(
        what=f"killed {moment}",
        is_harmed=died,
        double_runs=max(0, sent - 1),
        lost=[] if told else [f"{question} was sent {sent} times and not answered"],
        wrong=asker.wrong() if told else [],
    )


async def _asker(scene: Scene) -> tuple[str, Asker]:
    name = uuid4().hex
    question = await new_question(scene.world, name)
    survivor = scene.replicas.survivor
    asker = Asker(name=f"{name}@local.test", server=survivor, patience=PATIENCE)
    asker.questions.append(question)
    return question, asker


async def _ask_victim(victim: Replica, moment: Moment, asker: Asker, question: str) -> bool:
    """Ask a process that dies at a moment, and return whether it did.

    Where it dies before it has replied the client sends its request again, to another one.
    """
    request, armed = _request(question), moment.armed(signal.SIGKILL)
    try:
        reply = await victim.ask(request, moment=armed, user=asker.name, stays=True)
    except ReplicaDied:
        await asker.send_again(request)
        return True
    asker.heard.append(reply.text or f"{reply.error}: {reply.message}")
    return await victim.died(within=REACHED_WITHIN)


def _request(question: str) -> Mapping[str, str]:
    name = uuid4().hex
    return {"text": f"{DATA}{question}", "thread_id": name, "turn_id": name}


async def killed_at(
    world: World, chosen: Chosen, *, without: Sequence[str] = ()
) -> Sequence[Finding]:
    """Kill a process at each of the moments that are chosen from all."""
    findings: list[Finding] = []
    async with Scene.opened(world, without=without) as scene:
        left = list(chosen(await moments(scene)))
        while left:
            batch, left = left[:AT_ONCE], left[AT_ONCE:]
            await scene.hold_back()
            findings += await asyncio.gather(*(killed(scene, each) for each in batch))
    return findings


def around_sending(found: Sequence[Moment]) -> Sequence[Moment]:
    """Choose the moments right before and after the question is sent."""
    return [each for each in found if POST in each.label]


def after_sending(found: Sequence[Moment]) -> Sequence[Moment]:
    """Choose the moment at which Genie has the question, and the ledger does not say so."""
    return [each for each in around_sending(found) if each.label.startswith("after")]


async def _all(world: World, options: Options) -> Sequence[Finding]:
    return await killed_at(world, options.drawn)


async def _without_note(world: World, _: Options) -> Sequence[Finding]:
    return await killed_at(world, after_sending, without=["note before sending"])


ROWS = (
    Row(name="killed with a queued question", run=_all),
    Row(
        name="killed with a queued question, without the note before it is sent",
        run=_without_note,
        must_find="double_runs",
    ),
)
