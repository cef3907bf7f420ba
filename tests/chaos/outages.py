"""The rows about outages: PostgreSQL restarts, is gone, hangs, or wants another password."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from statistics import median
from typing import Any
from uuid import uuid4

from psycopg import AsyncConnection

from chaos.finding import Finding
from chaos.replicas import Replica, ReplicaSettings, Reply
from chaos.row import Options, Row
from chaos.world import World

UNREACHABLE = "LakebaseUnreachable"
"""The error that a server answers with a 503."""
AT_ONCE = 8
GONE_SECONDS = 10.0
FAILS_WITHIN = 6.0
BACK_WITHIN = 3.0
"""After PostgreSQL's return, besides what a turn takes anyway."""
ASK_EVERY_SECONDS, TRY_AGAIN_SECONDS = 1.0, 0.5
STATEMENT_SECONDS = 3.0
HUNG_WITHIN = STATEMENT_SECONDS + 2.0
UNAFFECTED = 3.0
"""How many times as long others may take meanwhile: the machine has other work too."""
LOCK = "SELECT FROM lakevisor_ledger.threads WHERE thread_id = %s FOR UPDATE"
WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
IDLE = """
    SELECT pid FROM pg_stat_activity
    WHERE state = 'idle' AND pid <> pg_backend_pid() AND backend_type = 'client backend'
        AND usename = current_user
"""


async def restarted_while_idle(world: World) -> Finding:
    """Restart PostgreSQL while nothing is asked; the next turns must not notice."""
    async with _server(world, "idle") as server:
        await _warm(server)
        await world.restart_database()
        return _finding("PostgreSQL restarted while idle", await _turns(server))


async def password_rotated(world: World) -> Finding:
    """End the password with which the pool logs in, and its connections."""
    async with _server(world, "password") as server:
        await _warm(server)
        await world.expire_passwords()
        await world.kill_connections()
        return _finding("password ended, and all connections", await _turns(server))


async def passwords_rotate(world: World, *, seconds: float = 8.0) -> Finding:
    """Let passwords end again and again, while connections come to their end and turns run."""
    short_lived = "lakebase.pool.max_lifetime_seconds=1"
    async with _server(world, "passwords", short_lived) as server:
        replies, end = await _warm(server), time.monotonic() + seconds
        while time.monotonic() < end:
            await world.expire_passwords()
            replies += await _turns(server)
        return _finding(f"passwords ended for {seconds:g} s", replies)


async def gone(world: World, *, seconds: float = GONE_SECONDS) -> Finding:
    """Stop PostgreSQL for a while; turns fail soon and with a reason, and work again soon."""
    async with _server(world, "gone") as server:
        usual = _usual(await _warm(server))
        asked = [asyncio.create_task(_say(server)) for _ in range(AT_ONCE)]
        async with world.without_database():
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                asked.append(asyncio.create_task(_say(server)))
                await asyncio.sleep(ASK_EVERY_SECONDS)
        back = await _back(server)
        during = await asyncio.gather(*asked)
        last = await _turns(server)
    failed = [each for each in during if each.error]
    wrong = [f"{each.error} after {each.seconds:.1f} s" for each in failed if not _is_soon(each)]
    slowest = max((each.seconds for each in failed), default=0.0)
    what = (
        f"PostgreSQL gone for {seconds:g} s: {len(failed)} of {len(during)} turns failed, the"
        f" slowest after {slowest:.1f} s; back {back:.1f} s after its return"
    )
    return _finding(what, last, unusable="" if back <= BACK_WITHIN + usual else what, wrong=wrong)


async def session_hung(world: World) -> Finding:
    """Freeze the session in which one conversation's turn waits; the others must not notice."""
    patience = f"lakebase.pool.statement_timeout_seconds={STATEMENT_SECONDS}"
    async with _server(world, "hung", patience) as server, world.session() as admin:
        thread_id = uuid4().hex
        await _warm(server, thread_id=thread_id)
        before = await _others(server, STATEMENT_SECONDS)
        async with _frozen_in_a_turn(admin, server, thread_id) as asking:
            meanwhile = await _others(server, STATEMENT_SECONDS)
            await asyncio.wait({asking}, timeout=4 * HUNG_WITHIN)
    ratio = _usual(meanwhile) / _usual(before)
    hung = asking.result() if asking.done() else Reply(error="no answer", seconds=4 * HUNG_WITHIN)
    asking.cancel()
    told = f"{hung.error or 'answered'} after {hung.seconds:.1f} s"
    what = f"one session hung: it {told}; others took {ratio:.2f} times as long as before"
    is_fine = hung.error == UNREACHABLE and hung.seconds <= HUNG_WITHIN
    return _finding(
        what,
        [*before, *meanwhile],
        unusable="" if is_fine else what,
        wrong=[] if ratio < UNAFFECTED else [what],
    )


async def idle_session_hung(world: World) -> Finding:
    """Freeze a session that nobody uses; whoever is lent its connection must not notice."""
    async with _server(world, "idle-hung") as server, world.session() as admin:
        await _warm(server)
        [pid] = await _pids(admin, IDLE + " ORDER BY state_change LIMIT 1")
        os.kill(pid, signal.SIGSTOP)
        try:
            replies = await asyncio.wait_for(_turns(server), 60)
        except TimeoutError:
            replies = [Reply(error="no answer", seconds=60)]
        finally:
            os.kill(pid, signal.SIGCONT)
    return _finding("an idle session hung", replies)


@asynccontextmanager
async def _server(world: World, name: str, *changes: str) -> AsyncIterator[Replica]:
    settings = ReplicaSettings(
        overrides=world.overrides(1, "turn.lease_seconds=15", *changes),
        log=world.logs / f"outage-{name}.log",
    )
    server = await Replica.start(settings)
    try:
        yield server
    finally:
        await server.kill()


async def _say(server: Replica, thread_id: str | None = None) -> Reply:
    """Say something, on a thread of its own where none is given."""
    request = {"text": "Hello", "turn_id": uuid4().hex, "thread_id": thread_id or uuid4().hex}
    return await server.ask(request)


async def _turns(server: Replica) -> list[Reply]:
    """Say something on several threads at once: each needs a connection."""
    return await asyncio.gather(*(_say(server) for _ in range(AT_ONCE)))


async def _warm(server: Replica, *, thread_id: str | None = None) -> list[Reply]:
    """Let the pool open its connections."""
    replies = [*await _turns(server), await _say(server, thread_id)]
    assert not any(each.error for each in replies), replies
    return replies


async def _back(server: Replica) -> float:
    """Say something again and again, and return after how many seconds the first was answered."""
    began, asked, back = time.monotonic(), [], asyncio.Event()

    async def one() -> None:
        if not (await _say(server)).error:
            back.set()

    while not back.is_set():
        asked.append(asyncio.create_task(one()))
        with suppress(TimeoutError):
            await asyncio.wait_for(back.wait(), TRY_AGAIN_SECONDS)
    seconds = time.monotonic() - began
    await asyncio.gather(*asked)
    return seconds


async def _others(server: Replica, seconds: float) -> list[Reply]:
    """Hold some conversations for a while."""
    end = time.monotonic() + seconds

    async def one() -> list[Reply]:
        thread_id, replies = uuid4().hex, []
        while time.monotonic() < end:
            replies.append(await _say(server, thread_id))
        return replies

    told = await asyncio.gather(*(one() for _ in range(4)))
    return [each for replies in told for each in replies]


@asynccontextmanager
async def _frozen_in_a_turn(
    admin: AsyncConnection[Any], server: Replica, thread_id: str
) -> AsyncIterator[asyncio.Task[Reply]]:
    """Begin a turn and freeze the session in which it works."""
    async with admin.transaction():
        await admin.execute(LOCK, (thread_id,))
        asking = asyncio.create_task(_say(server, thread_id))
        # PostgreSQL tells nobody that somebody waits.
        while not (pids := await _pids(admin, WAITING)):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        [pid] = pids
        os.kill(pid, signal.SIGSTOP)
    try:
        yield asking
    finally:
        os.kill(pid, signal.SIGCONT)


async def _pids(admin: AsyncConnection[Any], query: str) -> list[int]:
    # The queries stand above.
    rows = await (await admin.execute(query.encode())).fetchall()
    return [pid for (pid,) in rows]


def _usual(replies: Sequence[Reply]) -> float:
    return median(each.seconds for each in replies)


def _is_soon(reply: Reply) -> bool:
    return reply.error == UNREACHABLE and reply.seconds <= FAILS_WITHIN


def _finding(
    what: str, replies: Sequence[Reply], *, unusable: str = "", wrong: Sequence[str] = ()
) -> Finding:
    """Say what came of an outage after which, or beside which, these turns must not have failed."""
    failed = [f"{each.error}: {each.message}" for each in replies if each.error]
    slowest = max(each.seconds for each in replies)
    told = f"{what}; {len(failed)} of {len(replies)} failed, the slowest took {slowest:.1f} s"
    print(f"    {told}", flush=True)
    return Finding(what=told, lost=failed, unusable=unusable, wrong=wrong)


OUTAGES: dict[str, Callable[[World], Awaitable[Finding]]] = {
    "PostgreSQL restarted while idle": restarted_while_idle,
    "PostgreSQL gone for 10 s": gone,
    "password rotated": password_rotated,
    "passwords rotate": passwords_rotate,
    "one session hung": session_hung,
    "an idle session hung": idle_session_hung,
}


def _row(name: str, outage: Callable[[World], Awaitable[Finding]]) -> Row:
    async def run(world: World, options: Options) -> Sequence[Finding]:
        return [await outage(world) for _ in range(options.outages)]

    return Row(name=name, run=run)


ROWS = tuple(_row(name, outage) for name, outage in OUTAGES.items())
