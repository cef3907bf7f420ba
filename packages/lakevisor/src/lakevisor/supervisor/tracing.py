"""Traces of turns: what the pipeline tells of a turn, whoever records it.

One turn is one trace. Its id is known before the graph runs, so that it can stand wherever the
turn leaves something behind: in the ledger, in the audit, on the job's run.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Protocol

from lakevisor.config import TracingSettings
from lakevisor.ledger import Lease
from lakevisor_plugin import Operation

logger = logging.getLogger(__name__)

START_SECONDS = 60.0
"""How long a tracking server may take to name its experiment before turns go on untraced."""


class TurnTrace(Protocol):
    """The trace of one turn while the turn runs."""

    @property
    def trace_id(self) -> str | None:
        """Under which id it can be found; `None` where nothing is recorded."""
        ...

    def launched(self, operation: Operation) -> None:
        """Put on it what the turn has started."""
        ...

    def answered(self, text: str) -> None:
        """Put on it what the person gets."""
        ...


class Tracing(Protocol):
    """Records turns."""

    def turn(self, lease: Lease, request: str) -> AbstractContextManager[TurnTrace]:
        """Record the turn that runs in the block; what is called in it becomes part of the trace.

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

    def launched(self, operation: Operation) -> None:
        """Keep nothing."""

    def answered(self, text: str) -> None:
        """Keep nothing."""


class NoTracing:
    """Records nothing; see `Tracing`."""

    @contextmanager
    def turn(self, lease: Lease, request: str) -> Iterator[TurnTrace]:  # noqa: ARG002 - the port's
        """Yield a trace that keeps nothing."""
        yield NoTrace()

    async def close(self) -> None:
        """Send nothing."""


@asynccontextmanager
async def open_tracing(settings: TracingSettings) -> AsyncIterator[Tracing]:
    """Give what records turns in the configured MLflow experiment, or records nothing.

    A tracking server that does not answer keeps nobody from working: it is logged, and turns are
    not traced until the next start.
    """
    tracing = await _start(settings.experiment) if settings.enabled else NoTracing()
    try:
        yield tracing
    finally:
        await tracing.close()


async def _start(experiment: str | None) -> Tracing:
    assert experiment is not None, "the configuration wants one where tracing is enabled"
    from lakevisor.supervisor.mlflow_tracing import start_mlflow

    try:
        async with asyncio.timeout(START_SECONDS):
            return await asyncio.to_thread(start_mlflow, experiment)
    # MLflow raises what its store does: its own errors, requests', SQLAlchemy's.
    except Exception as error:
        logger.warning(
            "Turns are not traced: the MLflow experiment %r cannot be used (%s).",
            experiment,
            type(error).__name__,
            exc_info=error,
            extra={"action": "tracing_failed"},
        )
        return NoTracing()
