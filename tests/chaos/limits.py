"""The rows about limits: of many launches at once, exactly as many start as may."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from uuid import uuid4

from psycopg.sql import SQL, Identifier

from chaos.finding import Finding
from chaos.replicas import Replica, Replicas, ReplicaSettings, Reply
from chaos.row import Experiment, Options, Row
from chaos.world import World, now

SERVERS = 3
ALLOWED: Mapping[str, int] = {
    "launches_per_hour": 37,
    "running_per_person": 23,
    "running_per_job": 17,
}
"""Limit to how much it allows."""
LEASE = "turn.lease_seconds=15"
"""The default, which the other rows make shorter."""
PATIENCE = 900.0
"""Seconds after which a request that nobody answers counts as lost."""
PAUSE = 2.0
"""Seconds after which a client sends again; what a server that is busy says in `retry-after`."""
FEW = 200
"""How many are enough to see that limits need their locks."""


async def launched_at_once(
    world: World, limit: str, *, allowed: int, requests: int, without: Sequence[str] = ()
) -> Finding:
    """Send many launches at once to several servers, and count what came of them."""
    job_id, schema = await world.new_waiting_job(), f"limits_{uuid4().hex[:12]}"
    given = [f"limits.{limit}={allowed}", f"lakebase.schema_name={schema}", LEASE]
    settings = ReplicaSettings(
        overrides=world.overrides(job_id, *given),
        log=world.logs / f"{schema}.log",
        without=without,
    )
    marker, began = uuid4().hex, now()
    async with Replicas(settings=settings, spare=0) as replicas:
        servers = [replicas.survivor, *[await replicas.take() for _ in range(SERVERS - 1)]]
        replies = await _answers(servers, [f"{marker}-{at}" for at in range(requests)])
    runs = await world.runs(job_id, marker=marker, since=began)
    await world.cancel(list(runs))
    counted = {
        "acknowledged": sum("Started " in each.text for each in replies),
        "run": len(runs),
        "in the ledger": await _in_ledger(world, f"{schema}_ledger"),
    }
    refusal = f"The limit is reached: {allowed} "
    others = [each for each in replies if "Started " not in each.text and refusal not in each.text]
    wrong = [f"{number} {what}" for what, number in counted.items() if number != allowed]
    return Finding(
        what=f"{requests} launches, {limit}={allowed}",
        double_runs=max(0, len(runs) - allowed),
        wrong=[*wrong, *(f"answered {each.error} {each.text}" for each in others)],
    )


async def _answers(servers: Sequence[Replica], names: Sequence[str]) -> Sequence[Reply]:
    """Send all launches at once, each until it is answered, and say how long that took."""
    told: Counter[str] = Counter()
    began = time.monotonic()
    replies = await asyncio.gather(
        *(_sent(servers[at % SERVERS], name, told) for at, name in enumerate(names))
    )
    seconds = time.monotonic() - began
    worked = median(each.seconds for each in replies)
    errors = ", ".join(f"{name} {times}" for name, times in sorted(told.items())) or "no error"
    print(
        f"    {len(names)} launches in {seconds:.0f} s, the median answered in {worked:.1f} s;"
        f" sent again after: {errors}",
        flush=True,
    )
    return replies


async def _sent(server: Replica, name: str, told: Counter[str]) -> Reply:
    """Send a launch on a thread of its own until it is answered."""
    request = {"text": f"Analyze all transactions {name}", "thread_id": name, "turn_id": name}
    deadline = time.monotonic() + PATIENCE
    while (reply := await server.ask(request)).error and time.monotonic() < deadline:
        told[reply.error] += 1
        await asyncio.sleep(PAUSE)
    return reply


async def _in_ledger(world: World, schema: str) -> int:
    query = SQL("SELECT count(*) FROM {}.operations WHERE run_id IS NOT NULL")
    async with world.session() as session:
        rows = await session.execute(query.format(Identifier(schema)))
        found = await rows.fetchone()
    return int(found[0]) if found else 0


def _at_once(limit: str) -> Experiment:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        allowed = ALLOWED[limit]
        return [await launched_at_once(world, limit, allowed=allowed, requests=options.launches)]

    return run


async def _unlocked(world: World, options: Options) -> Sequence[Finding]:
    requests = min(options.launches, FEW)
    return [
        await launched_at_once(
            world, limit, allowed=5, requests=requests, without=["locks of limits"]
        )
        for limit in ALLOWED
    ]


ROWS = (
    *(Row(name=f"launches at once: {limit}", run=_at_once(limit)) for limit in ALLOWED),
    Row(name="without locks of limits", run=_unlocked, must_find="double_runs"),
)
