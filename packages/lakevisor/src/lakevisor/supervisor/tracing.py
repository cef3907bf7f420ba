"""Traces of turns: what the pipeline tells of a turn, whoever records it.

One turn is one trace. Its id is known before the graph runs, so that it can stand wherever the
turn leaves something behind: in the ledger, in the audit, on the job's run.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Protocol

from lakevisor.config import TracingSettings
from lakevisor.ledger import Lease
from lakevisor_plugin import NoSpans, Operation, Spans, TurnFinished

logger = logging.getLogger(__name__)

START_SECONDS = 20.0
"""How long a start waits at most: a store in a file makes its tables first, and a request to a
server that does not answer ends after 5 s, twice."""
RETRY_SECONDS = 60.0
"""When it is asked again."""
_HASH_CHARS = 32


class TurnTrace(Protocol):
    """The trace of one turn while the turn runs."""

    @property
    def trace_id(self) -> str | None:
        """Under which id it can be found; `None` where nothing is recorded."""
        ...

    @property
    def spans(self) -> Spans:
        """Records what the turn does below it."""
        ...

    def launched(self, operation: Operation) -> None:
        """Put on it what the turn has started."""
        ...

    def answered(self, answer: TurnFinished) -> None:
        """Put on it what the person gets, and what it took."""
        ...


class Tracing(Protocol):
    """Records turns."""

    def turn(self, lease: Lease, request: str) -> AbstractContextManager[TurnTrace]:
        """Record the turn that runs in the block.

        Args:
            lease: of the turn.
            request: what the person said.
        """
        ...

    async def close(self) -> None:
        """Send what was recorded and not sent yet, within a few seconds."""
        ...


class NoTrace:
    """Takes what is told of a turn and keeps nothing; see `TurnTrace`."""

    trace_id: None = None
    spans = NoSpans()

    def launched(self, operation: Operation) -> None:
        """Keep nothing."""

    def answered(self, answer: TurnFinished) -> None:
        """Keep nothing."""


class NoTracing:
    """Records nothing; see `Tracing`."""

    @contextmanager
    def turn(self, lease: Lease, request: str) -> Iterator[TurnTrace]:  # noqa: ARG002 - the port's
        """Yield a trace that keeps nothing."""
        yield NoTrace()

    async def close(self) -> None:
        """Send nothing."""


@dataclass(frozen=True, kw_only=True)
class TracePolicy:
    """Which turns are recorded, and what of them."""

    keeps_contents: bool
    """Whether what was said, asked and found may stand in a trace."""
    sample_rate: float
    """The share of requests that are recorded."""
    caller_key: str | None
    """With it, a caller is named by a keyed hash."""

    def takes(self, turn_id: str) -> bool:
        """Tell whether the turns of a request are recorded: the same in every process and again."""
        digest = hashlib.sha256(turn_id.encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.sample_rate * 2**64

    def caller(self, user_name: str) -> str:
        """Return how a trace names a caller: the same name each time."""
        if self.caller_key is None:
            return user_name
        digest = hmac.new(self.caller_key.encode(), user_name.encode(), hashlib.sha256)
        return digest.hexdigest()[:_HASH_CHARS]


@asynccontextmanager
async def open_tracing(
    settings: TracingSettings, environment: Mapping[str, str]
) -> AsyncIterator[Tracing]:
    """Give what records turns in the configured MLflow experiment, or records nothing.

    A tracking server that does not answer keeps nobody from working: turns are not traced until it
    does, and it is asked again.

    Args:
        settings: the `tracing` section.
        environment: where secrets of the form `env:NAME` are read from.

    Raises:
        SecretNotFound: `caller_key` refers to what is not there.
    """
    if not settings.enabled:
        yield NoTracing()
        return
    experiment, key = settings.experiment, settings.caller_key
    assert experiment is not None, "the configuration wants one where tracing is enabled"
    policy = TracePolicy(
        keeps_contents=settings.contents == "all",
        sample_rate=settings.sample_rate,
        caller_key=None if key is None else key.read(environment),
    )
    tracing = await _started(experiment, policy)
    try:
        yield tracing
    finally:
        await tracing.close()


async def _started(experiment: str, policy: TracePolicy) -> Tracing:
    from lakevisor.supervisor.mlflow_tracing import import_mlflow, start_mlflow

    # The import takes seconds on a slow machine; it is not the server that lets us wait.
    await asyncio.to_thread(import_mlflow)
    tracing = _OnceStarted(lambda: start_mlflow(experiment, policy), experiment)
    await tracing.start()
    return tracing


class _OnceStarted:
    """Records turns from the moment on in which the tracking server has answered once."""

    def __init__(self, start: Callable[[], Tracing], experiment: str) -> None:
        self._start = start
        self._experiment = experiment
        self._tracing: Tracing = NoTracing()
        self._closed = Event()

    def turn(self, lease: Lease, request: str) -> AbstractContextManager[TurnTrace]:
        return self._tracing.turn(lease, request)

    async def close(self) -> None:
        self._closed.set()
        await self._tracing.close()

    async def start(self) -> None:
        """Wait for the first attempt, but not long."""
        loop, tried = asyncio.get_running_loop(), asyncio.Event()

        def tell() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(tried.set)

        # Not `to_thread`: nobody waits for it when the process ends.
        Thread(target=self._attempts, args=(tell,), name="start tracing", daemon=True).start()
        try:
            await asyncio.wait_for(tried.wait(), START_SECONDS)
        except TimeoutError:
            self._warn("does not answer")

    def _attempts(self, tell: Callable[[], None]) -> None:
        while not self._closed.is_set():
            try:
                self._tracing = self._start()
            # MLflow raises what its store does: its own errors, requests', SQLAlchemy's.
            except Exception as error:  # noqa: BLE001 - logged, and tried again
                self._warn("cannot be used", error)
            else:
                return
            finally:
                tell()
            self._closed.wait(RETRY_SECONDS)

    def _warn(self, why: str, error: BaseException | None = None) -> None:
        logger.warning(
            "Turns are not traced for now: the MLflow experiment %r %s%s.",
            self._experiment,
            why,
            f" ({type(error).__name__})" if error else "",
            exc_info=error if logger.isEnabledFor(logging.DEBUG) else None,
            extra={"action": "tracing_failed"},
        )
