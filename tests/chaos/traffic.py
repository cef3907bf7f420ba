"""The rows about traffic: many turns on a few threads while processes and PostgreSQL come and go.

What a client was told must not be lost. That means, for each acknowledged request:

* sent again with its id, it is answered the same, also when its thread has long moved on;
* it stands in its thread once, with its own answer, in the order in which turns were finished, as
  long as it is among the latest turns, which are all that a thread keeps (decision 0009).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from uuid import uuid4

from chaos.finding import Finding
from chaos.fleet import MIXED, Fleet
from chaos.model import NOTE
from chaos.replicas import Replica, ReplicaDied, Reply
from chaos.row import Options, Row
from chaos.world import World
from lakevisor.graph.state import TURNS_KEPT

THREADS = 50
TURNS_AT_LEAST = 20
"""On each thread: with fewer turns there are fewer threads."""
CLIENTS_PER_THREAD = 2
"""More than one, so that requests meet on a thread."""
PATIENCE = 90.0
"""Seconds after which a request that nobody answers counts as lost."""
PAUSE, LONGEST_PAUSE = 0.2, 2.0
FINISHED = """
    SELECT thread.thread_id, turn.turn_id
    FROM lakevisor_ledger.turns AS turn JOIN lakevisor_ledger.threads AS thread USING (thread_key)
    WHERE turn.finished_at IS NOT NULL
    ORDER BY turn.finished_at
"""


@dataclass(kw_only=True)
class Note:
    """One thing that a person says, and what its client knows of it."""

    thread_id: str
    text: str
    turn_id: str = field(default_factory=lambda: uuid4().hex)
    answer: str = ""
    """What was acknowledged; empty: nothing was."""
    given_up: list[str] = field(default_factory=list)
    """Ids under which it was sent and of which the client was told that they were passed over."""
    problem: str = ""
    """Why it was never acknowledged."""

    @property
    def request(self) -> Mapping[str, str]:
        """Return the fields of the request."""
        return {"text": self.text, "thread_id": self.thread_id, "turn_id": self.turn_id}


async def delivered(
    world: World, *, turns: int, seed: int, without: Sequence[str] = ()
) -> list[Finding]:
    """Send turns on all threads at once while things break, and say what came of each thread."""
    chance = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
    threads = [f"traffic-{uuid4().hex}" for _ in range(min(THREADS, turns // TURNS_AT_LEAST))]
    notes = [
        Note(thread_id=thread_id, text=f"{NOTE}{uuid4().hex}")
        for thread_id in islice(cycle(threads), turns)
    ]
    of_thread = {one: [each for each in notes if each.thread_id == one] for one in threads}
    began = time.monotonic()
    async with Fleet.opened(world, chance=chance, without=without) as fleet:
        is_over = asyncio.Event()
        harming = asyncio.create_task(fleet.harm(MIXED, is_over))
        queues = [iter(each) for each in of_thread.values()] * CLIENTS_PER_THREAD
        await asyncio.gather(*(_client(fleet, queue) for queue in queues))
        is_over.set()
        await harming
        seconds = time.monotonic() - began
        print(f"    {turns} turns in {seconds:.0f} s: {_told(fleet.happened)}", flush=True)
        await fleet.close()
        survivor, finished = await fleet.start(), await _finished(world)
        return [await _finding(survivor, each, finished) for each in of_thread.values()]


async def _client(fleet: Fleet, notes: Iterator[Note]) -> None:
    """Say one thing after another; others do the same on the same thread."""
    for note in notes:
        await _deliver(fleet, note)


async def _deliver(fleet: Fleet, note: Note) -> None:
    """Send a request until it is answered, as a client that means it."""
    deadline, pause = time.monotonic() + PATIENCE, PAUSE
    while not note.answer:
        try:
            reply = await fleet.ask(note.request)
        except (ReplicaDied, TimeoutError) as error:
            reply = Reply(error=type(error).__name__)
        note.answer = reply.text
        fleet.happened[reply.error or "answered"] += 1
        if reply.error == "TurnSuperseded":
            note.given_up.append(note.turn_id)
            note.turn_id = uuid4().hex
        elif reply.error:
            if time.monotonic() > deadline:
                note.problem = f"{reply.error}: {reply.message}"
                return
            await asyncio.sleep(pause * fleet.chance.uniform(0.5, 1))
            pause = min(2 * pause, LONGEST_PAUSE)


async def _finished(world: World) -> Mapping[str, Sequence[str]]:
    """Return the ids of each thread's finished turns, in their order."""
    found: dict[str, list[str]] = {}
    async with world.session() as session:
        for thread_id, turn_id in await (await session.execute(FINISHED)).fetchall():
            found.setdefault(thread_id, []).append(turn_id)
    return found


async def _finding(
    survivor: Replica, notes: Sequence[Note], finished: Mapping[str, Sequence[str]]
) -> Finding:
    """Look at one thread: at what it holds, and at what a client is told that sends again."""
    acknowledged = {each.turn_id: each for each in notes if each.answer}
    problems = [each.problem for each in notes if each.problem]
    order = [each for each in finished.get(notes[0].thread_id, ()) if each in acknowledged]
    lost = [f"no answer is stored for {each}" for each in set(acknowledged) - set(order)]
    wrong = []
    for note in acknowledged.values():
        again = await survivor.ask(note.request)
        if again.text != note.answer:
            lost.append(f"{note.turn_id} was {note.answer!r}, is {again.error or again.text!r}")
    said = await survivor.said(notes[0].request)
    kept = [turn_id for kind, turn_id, _ in said if kind == "human"]
    passed_over = {each for note in notes for each in note.given_up}
    known = {*acknowledged, *passed_over, *(each.turn_id for each in notes if each.problem)}
    wrong += [f"nobody said {each}" for each in set(kept) - known]
    wrong += [f"{each} stands twice" for each, times in Counter(kept).items() if times > 1]
    wrong += _wrong_words(said, acknowledged)
    held = [each for each in kept if each in acknowledged]
    whole = len(order) if len(kept) < TURNS_KEPT else len(held)
    latest = order[len(order) - whole :]
    lost += [f"{each} is not in its thread" for each in latest if each not in held]
    if held != latest and not set(latest) - set(held):
        wrong.append(f"the order is {held}, and was {latest}")
    what = f"thread of {len(notes)} turns, {len(acknowledged)} acknowledged"
    return Finding(what=what, lost=lost, unusable="; ".join(problems), wrong=wrong)


def _wrong_words(
    said: Sequence[tuple[str, str, str]], acknowledged: Mapping[str, Note]
) -> Sequence[str]:
    """Return the turns in a thread that have other words than were sent and answered.

    Behind an answer its client may have been told of a run that ended; no thread keeps that.
    """
    spoken: dict[str, list[str]] = {}
    last = ""
    for kind, message_id, text in said:
        last = message_id if kind == "human" else last
        spoken.setdefault(last, []).append(text)
    return [
        f"{turn_id} reads {words}, and was {[note.text, note.answer]}"
        for turn_id, words in spoken.items()
        if (note := acknowledged.get(turn_id))
        and (words[:-1] != [note.text] or not note.answer.startswith(words[-1]))
    ]


def _told(happened: Counter[str]) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(happened.items()))


async def _protected(world: World, options: Options) -> Sequence[Finding]:
    return await delivered(world, turns=options.turns, seed=options.seed)


async def _unprotected(world: World, options: Options) -> Sequence[Finding]:
    given = {"turns": min(options.turns, 500), "seed": options.seed}
    return await delivered(world, **given, without=["lease"])


ROWS = (
    Row(name="turns on 50 threads", run=_protected),
    Row(name="without lease, turns on threads", run=_unprotected, must_find="wrong"),
)
