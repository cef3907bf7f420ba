"""The moments of a process at which it can be made to die: around all that leaves the process."""

from __future__ import annotations

import asyncio
import os
import re
from threading import Lock
from types import GeneratorType
from typing import Any, TypeAlias

Exchange: TypeAlias = "GeneratorType[Any, Any, Any]"
"""What psycopg sends and receives, as it passes it to its `wait`."""
QUEUED_ONLY = ("_execute_gen", "_executemany_gen_pipeline")
"""What sends nothing of its own while a pipeline is open."""


class Points:
    """Counts the moments since it was armed, and sends this process a signal at one of them."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._armed = False
        self._label = ""
        self._time = 0
        self._signal = 0
        self._lock = Lock()

    def arm(self, *, label: str = "", time: int = 0, signal: int = 0) -> None:
        """Begin to count; when the moment is reached for the given time, the signal is sent.

        Args:
            label: what the moment is; empty: no signal is sent.
            time: 1 is the first time.
            signal: its number.
        """
        self.seen, self._label, self._time = [], label, time
        self._signal, self._armed = signal, True

    def disarm(self) -> list[str]:
        """Stop counting, and return what each moment was."""
        self._armed = False
        return self.seen

    def reach(self, label: str) -> None:
        """Count a moment, from any thread."""
        if not self._armed:
            return
        with self._lock:
            self.seen.append(label)
            is_it = label == self._label and self.seen.count(label) == self._time
        if is_it:
            os.write(2, f"signal {self._signal} {label}\n".encode())
            os.kill(os.getpid(), self._signal)


def install(points: Points, *, database_delay: float) -> None:
    """Put a moment before and after each exchange with PostgreSQL, the workspace and the model.

    Args:
        points: counts them.
        database_delay: seconds that each exchange with PostgreSQL takes longer.
    """
    _watch_database(points, database_delay)
    _watch_sdk(points)
    _watch_model(points)


def _watch_database(points: Points, delay: float) -> None:
    from psycopg import AsyncConnection

    # All that psycopg sends or receives passes here: statements, BEGIN, COMMIT, pipelines.
    wait = AsyncConnection.wait

    async def watched(self: Any, gen: Exchange, *args: Any, **kwargs: Any) -> Any:
        if gen.__qualname__ == "BasePipeline._enter_gen":
            # Sends nothing.
            return await wait(self, gen, *args, **kwargs)
        label = f"{_whose()}SQL {_label(gen)}"
        points.reach(f"before {label}")
        if delay and not (self._pipeline is not None and gen.__name__ in QUEUED_ONLY):
            await asyncio.sleep(delay)
        result = await wait(self, gen, *args, **kwargs)
        points.reach(f"after {label}")
        return result

    AsyncConnection.wait = watched  # type: ignore[method-assign, assignment]


def _watch_sdk(points: Points) -> None:
    from requests import Session

    send = Session.send

    def watched(self: Any, request: Any, **kwargs: Any) -> Any:
        # Without the query: another run has another id, and is the same moment.
        label = f"{request.method} {request.path_url.partition('?')[0]}"
        points.reach(f"before {label}")
        answer = send(self, request, **kwargs)
        points.reach(f"after {label}")
        return answer

    Session.send = watched  # type: ignore[method-assign]


def _watch_model(points: Points) -> None:
    from httpx import AsyncClient, Response

    send, close = AsyncClient.send, Response.aclose

    async def watched(self: Any, request: Any, **kwargs: Any) -> Any:
        points.reach(f"before model {request.url.path}")
        answer = await send(self, request, **kwargs)
        points.reach(f"after model {request.url.path}")
        return answer

    async def closed(self: Any) -> None:
        await close(self)
        points.reach("after the model's last word")

    AsyncClient.send = watched  # type: ignore[method-assign]
    Response.aclose = closed  # type: ignore[method-assign]


def _whose() -> str:
    """Return a name for what runs beside the turn, whose moments do not count as the turn's."""
    task = asyncio.current_task()
    return "heartbeat " if task is not None and task.get_name() == "lease" else ""


def _label(gen: Exchange) -> str:
    """Return the beginning of a statement, or what else psycopg does."""
    query = gen.gi_frame.f_locals.get("query") if gen.gi_frame else None
    if query is None:
        return gen.__name__.strip("_").removesuffix("_gen")
    text = query.decode() if isinstance(query, bytes) else str(query)
    text = re.sub(r"--.*", "", text)
    return " ".join(text.split())[:60]
