"""A process with a supervisor that works on requests and dies when it is told to.

It is forked from a process that has imported everything (see `replicas.py`), and reads orders and
writes replies as lines of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from lakevisor.config import load_configuration
from lakevisor.errors import LakevisorError
from lakevisor.ledger import TurnRateLimits
from lakevisor.supervisor import Caller, Request, open_supervisor, preload

preload()
# Imported here, once, in the process from which all replicas are forked.
for plugin in entry_points(group="lakevisor"):
    plugin.load()
from databricks_ai_bridge.lakebase import _LakebaseBase  # noqa: E402

from chaos import points as chaos_points  # noqa: E402
from chaos import protection  # noqa: E402
from chaos.replicas import CLIENT_LEAVES, ReplicaSettings  # noqa: E402
from lakevisor_genie import queueing  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "configs"
DRAIN_SECONDS = 30


def main(settings: ReplicaSettings, channel: socket.socket) -> None:
    """Serve until the channel is closed."""
    log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.path[:0] = settings.plugins
    for name in settings.without:
        protection.SWITCHES[name]()
    if settings.database:
        _use(settings.database)
    if settings.rate_window:
        _count_within(settings.rate_window)
    if settings.question_held:
        _hold_questions(settings.question_held)
    points = chaos_points.Points()
    chaos_points.install(points, database_delay=settings.database_delay)
    if settings.is_held:
        channel.recv(1)
    asyncio.run(_serve(settings, points, channel))
    os._exit(0)


def _use(database: str) -> None:
    """Let pools connect to a database of another name; the library has no setting for it."""
    defaults = _LakebaseBase.__init__.__kwdefaults__
    assert defaults is not None
    assert "database" in defaults
    defaults["database"] = database


def _count_within(seconds: float) -> None:
    """Let rate limits count in a shorter window; there is no setting for what is a fact."""
    defaults = TurnRateLimits.__init__.__kwdefaults__
    assert defaults is not None
    assert "window_seconds" in defaults
    defaults["window_seconds"] = seconds


def _hold_questions(seconds: float) -> None:
    """Let a queued question be free sooner; there is no setting for what only trials change."""
    assert {"_HELD_SECONDS", "_BEAT_SECONDS"} <= vars(queueing).keys()
    vars(queueing).update(_HELD_SECONDS=seconds, _BEAT_SECONDS=seconds / 4)


async def _serve(
    settings: ReplicaSettings, points: chaos_points.Points, channel: socket.socket
) -> None:
    reader, writer = await asyncio.open_connection(sock=channel)
    configuration = load_configuration(folder=CONFIGS, overrides=settings.overrides, environment={})
    async with open_supervisor(configuration, {}) as supervisor:
        worker = Worker(supervisor=supervisor, points=points, writer=writer)
        asyncio.get_running_loop().add_signal_handler(CLIENT_LEAVES, worker.leave)
        worker.reply(number=0)
        tasks = set()
        while line := await reader.readline():
            task = asyncio.create_task(worker.work(json.loads(line)))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


@dataclass(frozen=True, kw_only=True)
class Worker:
    """Works on orders, any number at once."""

    supervisor: Any
    points: chaos_points.Points
    writer: asyncio.StreamWriter
    _asking: set[asyncio.Task[Any]] = field(default_factory=set, init=False)
    """The clients whose request counts moments."""

    def leave(self) -> None:
        """Let the clients whose moments are counted go away; what they asked for may go on."""
        for task in self._asking:
            task.cancel()

    def reply(self, **reply: Any) -> None:
        """Answer an order."""
        self.writer.write(json.dumps(reply).encode() + b"\n")

    async def work(self, order: dict[str, Any]) -> None:
        """Do what the order says, and reply."""
        began = time.monotonic()
        try:
            done = await getattr(self, order["do"])(order)
        except LakevisorError as error:
            done = {"error": type(error).__name__, "message": error.message}
        except asyncio.CancelledError:
            done = {"error": "ClientLeft"}
        # Whatever else is raised is a finding, and is shown as one.
        except Exception as error:  # noqa: BLE001
            done = {"error": type(error).__name__, "message": repr(error)}
        seconds = time.monotonic() - began
        self.reply(number=order["number"], seconds=seconds, **done)

    async def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Ask the supervisor as a client would."""
        caller = Caller(user_name=order["user"]) if order["user"] else None
        asking = asyncio.create_task(
            self.supervisor.ask(Request(**order["request"]), caller=caller)
        )
        if order["moment"] is not None:
            self.points.arm(**order["moment"])
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)
        answer = await asking
        is_over = order["moment"] is not None and not order["stays"]
        seen = self.points.disarm() if is_over else []
        run_ids = [each.run_id for each in answer.operations]
        body = answer.model_dump_json()
        return {"text": answer.text, "run_ids": run_ids, "body": body, "points": seen}

    async def moments(self, _: dict[str, Any]) -> dict[str, Any]:
        """Stop counting moments, and return what they were."""
        return {"points": self.points.disarm()}

    async def drain(self, _: dict[str, Any]) -> dict[str, Any]:
        """Wait for the turns that still run."""
        await self.supervisor.drain(DRAIN_SECONDS)
        return {}

    async def unresolved(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the tokens under which something may run in a thread, unknown to the ledger."""
        thread_id = order["request"]["thread_id"]
        found = await self.supervisor.ledger.operations.unresolved(timedelta(0))
        return {"tokens": [each.token for each in found if each.thread_id == thread_id]}

    async def sweep(self, order: dict[str, Any]) -> dict[str, Any]:
        """Look for launches without an answer, as a supervisor does every few minutes."""
        window = timedelta(seconds=order["window"])
        found = await replace(self.supervisor.sweep, window=window).run()
        return {"swept": [[each.outcome, each.text] for each in found or ()]}

    async def history(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return what stands in a thread: the type, id and text of each message."""
        owner = Caller.of_process(self.supervisor.workspace).owner_in(self.supervisor.workspace)
        key = Request(**order["request"]).thread_key(owner)
        saver = self.supervisor.checkpoints.saver(_no_fence)
        graph = self.supervisor.graph.copy(update={"checkpointer": saver})
        state = await graph.aget_state({"configurable": {"thread_id": key}})
        messages = state.values.get("messages", ())
        return {"said": [[each.type, each.id, each.text] for each in messages]}


async def _no_fence(_: Any) -> None:
    """Nothing is written through this."""
