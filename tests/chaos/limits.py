"""The rows about limits: of many launches at once, exactly as many start as may."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
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
PATIENT = (
    "lakebase.pool.timeout_seconds=120",
    "lakebase.pool.max_size=20",
    "turn.deadline_seconds=600",
    "turn.lease_seconds=60",
    "model.timeout_seconds=300",
)
"""All requests are under way at once, on one machine."""
AGAIN = 5
"""How often a client sends a request again that got no answer."""


async def launched_at_once(world: World, limit: str, *, allowed: int, requests: int) -> Finding:
    """Send many launches at once to several servers, and count what came of them."""
    job_id, schema = await world.new_waiting_job(), f"limits_{uuid4().hex[:12]}"
    given = [f"limits.{limit}={allowed}", f"lakebase.schema_name={schema}", *PATIENT]
    settings = ReplicaSettings(
        overrides=world.overrides(job_id, *given), log=world.logs / f"{schema}.log"
    )
    marker, began = uuid4().hex, now()
    async with Replicas(settings=settings) as replicas:
        servers = [replicas.survivor, *[await replicas.take() for _ in range(SERVERS - 1)]]
        replies = await asyncio.gather(
            *(_sent(servers[at % SERVERS], f"{marker}-{at}") for at in range(requests))
        )
    runs = await world.runs(job_id, marker=marker, since=began)
    await world.cancel(list(runs))
    counted = {
        "acknowledged": sum("Started " in each.text for each in replies),
        "run": len(runs),
        "in the ledger": await _in_ledger(world, f"{schema}_ledger"),
    }
    refusal = f"The limit is reached: {allowed} "
    others = [each for each in replies if "Started " not in each.text and refusal not in each.text]
    wrong = [f"{number} {what}, not {allowed}" for what, number in counted.items()]
    wrong = [
        each for each, number in zip(wrong, counted.values(), strict=True) if number != allowed
    ]
    return Finding(
        what=f"{requests} launches, {limit}={allowed}",
        wrong=[*wrong, *(f"answered {each.error} {each.text}" for each in others)],
    )


async def _sent(server: Replica, name: str) -> Reply:
    """Send a launch on a thread of its own until it is answered."""
    request = {"text": f"Analyze all transactions {name}", "thread_id": name, "turn_id": name}
    reply = await server.ask(request)
    for _ in range(AGAIN):
        if not reply.error:
            break
        reply = await server.ask(request)
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


ROWS = tuple(Row(name=f"launches at once: {limit}", run=_at_once(limit)) for limit in ALLOWED)
