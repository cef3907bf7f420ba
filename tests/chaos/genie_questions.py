"""The rows about Genie's rate limit: many people ask at once, and nobody's question fails."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from chaos.finding import Finding
from chaos.model import DATA
from chaos.replicas import Replica, Replicas, ReplicaSettings
from chaos.row import Experiment, Options, Row
from chaos.world import World

PEOPLE, SERVERS, LIMIT = 12, 3, 5
MORE = 4
"""How many further questions the first of the people has at once."""
LOOK_PAUSE = 1.0
GENIE = "/api/2.0/genie/spaces/*"
FAILED = ("could not answer", "takes no more questions")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How fast questions may come, and how long a turn may take."""

    seconds: float = 60.0
    """In which the workspace takes five questions."""
    counted_seconds: float = 0.0
    """The same for the servers, with a rest for the way; 0 leaves what they have."""
    turn_seconds: float = 110.0
    patience: float = 420.0
    """How long people ask again until they count as not answered."""


@dataclass(kw_only=True)
class Asker:
    """One of the people, with all that was said to them."""

    name: str
    server: Replica
    patience: float
    questions: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """All replies."""
    queued: int = 0
    """How many of their questions were handed back to be sent later."""

    async def ask(self, question: str) -> None:
        """Ask Genie something, in a conversation of its own."""
        self.questions.append(question)
        reply = await self.say(f"{DATA}{question}")
        self.queued += "queued and not sent yet" in reply

    async def say(self, text: str) -> str:
        """Send a request and return what is said; what fails is heard too."""
        name = uuid4().hex
        request = {"text": text, "thread_id": name, "turn_id": name}
        reply = await self.server.ask(request, user=self.name)
        self.heard.append(reply.text or f"{reply.error}: {reply.message}")
        return reply.text

    async def send_again(self, request: Mapping[str, str]) -> None:
        """Send a request whose answer was lost, until it is answered or for some time."""
        deadline = time.monotonic() + self.patience
        while True:
            reply = await self.server.ask(request, user=self.name)
            if not reply.error or time.monotonic() > deadline:
                break
            await asyncio.sleep(LOOK_PAUSE)
        self.heard.append(reply.text or f"{reply.error}: {reply.message}")

    async def until_answered(self) -> None:
        """Come back until all answers were told, and once more."""
        deadline = time.monotonic() + self.patience
        while any(self.times_told(each) == 0 for each in self.questions):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(LOOK_PAUSE)
            await self.say("Hello")
        await self.say("Hello")

    def times_told(self, question: str) -> int:
        """Return how often the answer to a question was told."""
        return sum(each.count(answer_to(question)) for each in self.heard)

    def wrong(self) -> Sequence[str]:
        """Return what was not as it must be."""
        told = {each: self.times_told(each) for each in self.questions}
        wrong = [f"{each} was answered {times} times" for each, times in told.items() if times != 1]
        failed = [each for each in self.heard if any(sign in each for sign in FAILED)]
        return [*wrong, *(f"{self.name} heard: {each}" for each in failed)]


def answer_to(question: str) -> str:
    """Return what Genie is told to say."""
    return f"The answer of {question}."


@dataclass(kw_only=True)
class Queue:
    """The queue as the ledger has it, looked at again and again."""

    world: World
    schema: str
    seen: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    async def watch(self) -> None:
        """Look until cancelled."""
        query = SQL("SELECT ticket_id, owner, asked_at, taken_at FROM {}.rate_slots")
        async with self.world.session() as session:
            cursor = session.cursor(row_factory=dict_row)
            while True:
                await cursor.execute(query.format(Identifier(self.schema)))
                self.seen |= {each["ticket_id"]: each for each in await cursor.fetchall()}
                await asyncio.sleep(0.1)

    async def holds(self, number: int, *, within: float = 20.0) -> None:
        """Wait until so many questions were seen in it, or for some time."""
        deadline = time.monotonic() + within
        # It is the database that fills; nothing tells this process of it.
        while len(self.seen) < number and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)

    def unfair(self) -> Sequence[str]:
        """Return who was sent before somebody whose turn it was.

        Those who become free together go in any order, so only blocks of the limit are compared.
        """
        rounds: Counter[str] = Counter()
        ranked = []
        for each in sorted(self.seen.values(), key=lambda each: each["asked_at"]):
            rounds[each["owner"]] += 1
            ranked.append((rounds[each["owner"]], each["asked_at"], each["ticket_id"]))
        wanted = [ticket_id for *_, ticket_id in sorted(ranked)]
        taken = [each for each in self.seen.values() if each["taken_at"]]
        went = [each["ticket_id"] for each in sorted(taken, key=lambda each: each["taken_at"])]
        return [
            f"sent as number {at + 1}, and it was number {wanted.index(ticket_id) + 1}"
            for at, ticket_id in enumerate(went)
            if at // LIMIT != wanted.index(ticket_id) // LIMIT
        ]


async def asked_at_once(world: World, rate: Rate, *, without: Sequence[str] = ()) -> Finding:
    """Let twelve people ask at once, one of them five questions, and look what came of it."""
    marker = uuid4().hex[:12]
    limit = {"questions": LIMIT, "seconds": rate.seconds}
    await world.call("PUT", "/local/genie/rate-limit", limit)
    settings = await _servers(world, rate, marker, without=without)
    queue = Queue(world=world, schema=f"genie_{marker}_ledger")
    began = time.monotonic()
    try:
        async with Replicas(settings=settings) as replicas:
            servers = [replicas.survivor, *[await replicas.take() for _ in range(SERVERS - 1)]]
            people = [
                Asker(
                    name=f"person-{at}@local.test",
                    server=servers[at % SERVERS],
                    patience=rate.patience,
                )
                for at in range(PEOPLE)
            ]
            watching = asyncio.create_task(queue.watch())
            began = time.monotonic()
            await _all_ask(world, people, queue, marker)
            took = time.monotonic() - began
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    finally:
        await world.call("DELETE", "/local/genie/rate-limit")
    wrong = [text for each in people for text in each.wrong()]
    wrong += await _at_workspace(world, marker) + list(queue.unfair())
    queued = sum(each.queued for each in people)
    what = f"{PEOPLE + MORE} questions, {queued} of them sent after their turn, {took:.0f} s"
    print(f"    {what}", flush=True)
    return Finding(what=what, wrong=wrong)


async def _servers(
    world: World, rate: Rate, marker: str, *, without: Sequence[str]
) -> ReplicaSettings:
    given = [
        f"agents.genie.questions_per_minute={LIMIT}",
        f"lakebase.schema_name=genie_{marker}",
        "lakebase.pool.timeout_seconds=60",
        f"turn.deadline_seconds={rate.turn_seconds}",
        "turn.lease_seconds=60",
    ]
    return ReplicaSettings(
        overrides=world.overrides(1, *given),
        log=world.logs / f"genie-{marker}.log",
        rate_window=rate.counted_seconds,
        without=without,
    )


async def _all_ask(world: World, people: Sequence[Asker], queue: Queue, marker: str) -> None:
    first, *_ = people
    asking = []
    for at, person in enumerate(people):
        asking.append((person, await new_question(world, f"{marker}-{at:02}")))
    more = [await new_question(world, f"{marker}-more-{at}") for at in range(MORE)]
    asked = [asyncio.create_task(person.ask(question)) for person, question in asking]
    await queue.holds(len(people))
    asked += [asyncio.create_task(first.ask(question)) for question in more]
    await asyncio.gather(*asked)
    await asyncio.gather(*(each.until_answered() for each in people))


async def new_question(world: World, question: str) -> str:
    """Tell Genie what to answer to a question, and return the question."""
    rule = {"contains": question, "text": answer_to(question)}
    await world.call("POST", "/local/genie/rules", rule)
    return question


async def _at_workspace(world: World, marker: str) -> list[str]:
    """Return what was wrong with the questions that the workspace got."""
    told = await world.call("GET", f"/local/requests?path={GENIE}&method=POST")
    ours = [each for each in told["requests"] if marker in json.dumps(each["body"])]
    refused = sum(each["status"] == 429 for each in ours)
    taken = Counter(each["body"]["content"] for each in ours if each["status"] == 200)
    wrong = [f"{refused} questions were refused with 429"] if refused else []
    if len(taken) != PEOPLE + MORE:
        wrong.append(f"the workspace has {len(taken)} questions")
    return wrong + [f"{each} was sent {times} times" for each, times in taken.items() if times > 1]


def _of_people(rate: Rate, *, without: Sequence[str] = ()) -> Experiment:
    async def run(world: World, _: Options) -> Sequence[Finding]:
        return [await asked_at_once(world, rate, without=without)]

    return run


SHORT = Rate(seconds=4.0, counted_seconds=4.3, turn_seconds=18.0, patience=90.0)
"""For tests, and where it only has to fail."""
ROWS = (
    Row(name="12 people ask Genie", run=_of_people(Rate())),
    Row(
        name="12 people ask Genie without governor",
        run=_of_people(SHORT, without=["governor"]),
        must_find="wrong",
    ),
)
