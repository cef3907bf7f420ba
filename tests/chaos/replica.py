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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakevisor.config import load_configuration
from lakevisor.errors import LakevisorError
from lakevisor.supervisor import Request, open_supervisor, preload

preload()
# Imported here, once, in the process from which all replicas are forked.
from databricks_ai_bridge.lakebase import _LakebaseBase  # noqa: E402

from chaos import points as chaos_points  # noqa: E402
from chaos import protection  # noqa: E402
from chaos.replicas import ReplicaSettings  # noqa: E402

CONFIGS = Path(__file__).parents[2] / "configs"


def main(settings: ReplicaSettings, channel: socket.socket) -> None:
    """Serve until the channel is closed."""
    log = os.open(settings.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.path[:0] = settings.plugins
    if not settings.protected:
        protection.switch_off()
    if settings.without:
        getattr(protection, settings.without)()
    if settings.database:
        _use(settings.database)
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


async def _serve(
    settings: ReplicaSettings, points: chaos_points.Points, channel: socket.socket
) -> None:
    reader, writer = await asyncio.open_connection(sock=channel)
    configuration = load_configuration(folder=CONFIGS, overrides=settings.overrides, environment={})
    async with open_supervisor(configuration, {}) as supervisor:
        worker = Worker(supervisor=supervisor, points=points, writer=writer)
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
        # Whatever else is raised is a finding, and is shown as one.
        except Exception as error:  # noqa: BLE001
            done = {"error": type(error).__name__, "message": repr(error)}
        seconds = time.monotonic() - began
        self.reply(number=order["number"], seconds=seconds, **done)

    async def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Ask the supervisor as a client would."""
        request = Request(**order["request"])
        if order["moment"] is not None:
            self.points.arm(**order["moment"])
        answer = await self.supervisor.ask(request)
        seen = self.points.disarm() if order["moment"] is not None else []
        run_ids = [each.run_id for each in answer.operations]
        return {"text": answer.text, "run_ids": run_ids, "points": seen}

    async def history(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the ids of the person's messages in a thread."""
        key = Request(**order["request"]).thread_key(self.supervisor._owner)
        saver = self.supervisor.checkpoints.saver(_no_fence)
        graph = self.supervisor.graph.copy(update={"checkpointer": saver})
        state = await graph.aget_state({"configurable": {"thread_id": key}})
        messages = state.values.get("messages", ())
        return {"turn_ids": [each.id for each in messages if each.type == "human"]}


async def _no_fence(_: Any) -> None:
    """Nothing is written through this."""
