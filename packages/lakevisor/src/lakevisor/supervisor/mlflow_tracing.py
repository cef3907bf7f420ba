"""Traces of turns in MLflow."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread
from typing import TYPE_CHECKING

from lakevisor.ledger import Lease
from lakevisor_plugin import Operation

if TYPE_CHECKING:
    from mlflow.entities import LiveSpan

    from lakevisor.supervisor.tracing import TurnTrace

logger = logging.getLogger(__name__)

PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
"""MLflow's own are 7 and 120 s, for which a process that ends would wait on a server that is away.
Turns never wait: MLflow sends from threads of its own, and drops what finds its queue full."""
CLOSE_SECONDS = 5.0
TAG = "lakevisor"
"""Tags are `lakevisor.run_id`, `lakevisor.job`, `lakevisor.thread_id`, `lakevisor.turn_id`."""
_TAG_CHARS = 250


def start_mlflow(experiment: str) -> MlflowTracing:
    """Let MLflow record turns; blocks, and imports for seconds.

    MLflow finds its tracking server as it always does (`MLFLOW_TRACKING_URI`, or the workspace of
    the Databricks credentials in the environment).

    Args:
        experiment: its name, or its id.
    """
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    import mlflow

    # Else the first turn would import it.
    import mlflow.langchain.langchain_tracer

    if experiment.isdecimal():
        mlflow.set_experiment(experiment_id=experiment)
    else:
        mlflow.set_experiment(experiment)
    # Inline: in a thread of its own the tracer would not see which span it is called in.
    mlflow.langchain.autolog(run_tracer_inline=True)
    return MlflowTracing()


class MlflowTracing:
    """Records each turn as one trace; see `lakevisor.supervisor.tracing.Tracing`."""

    @contextmanager
    def turn(self, lease: Lease, request: str) -> Iterator[TurnTrace]:
        """Record the turn that runs in the block."""
        import mlflow

        ids = {"thread_id": lease.thread_id, "turn_id": lease.turn_id}
        attributes = {**ids, "is_resumed": lease.is_resumed}
        with mlflow.start_span("turn", span_type="AGENT", attributes=attributes) as span:
            trace = MlflowTrace(span=span)
            trace.tag(**ids)
            span.set_inputs({"request": request})
            try:
                yield trace
            finally:
                # At the end: the autolog takes LangGraph's thread id, a hash, for the session.
                if trace.trace_id is not None:
                    mlflow.update_current_trace(session_id=lease.thread_id, user=lease.owner.owner)

    async def close(self) -> None:
        """Send what was recorded, and wait no longer than `CLOSE_SECONDS`."""
        import mlflow

        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def flush() -> None:
            mlflow.flush_trace_async_logging()
            if not loop.is_closed():
                loop.call_soon_threadsafe(sent.set)

        # Not `to_thread`: the loop would wait for the thread when it is closed.
        Thread(target=flush, name="flush traces", daemon=True).start()
        try:
            await asyncio.wait_for(sent.wait(), CLOSE_SECONDS)
        except TimeoutError:
            logger.warning("Not all traces were sent.", extra={"action": "traces_lost"})


@dataclass(frozen=True, kw_only=True)
class MlflowTrace:
    """The trace of one turn; see `lakevisor.supervisor.tracing.TurnTrace`."""

    span: LiveSpan
    """The root, under which everything that the turn calls is recorded."""
    _launched: dict[str, Operation] = field(default_factory=dict, init=False, repr=False)
    """By run id."""

    @property
    def trace_id(self) -> str | None:
        """The trace's id; `None` if MLflow does not record this one (it samples, or failed)."""
        from mlflow.entities import NoOpSpan

        return None if isinstance(self.span, NoOpSpan) else str(self.span.trace_id)

    def launched(self, operation: Operation) -> None:
        """Put run id and job on the span and into the tags, joined by commas if there are more."""
        self._launched[operation.run_id] = operation
        run_ids = ",".join(self._launched)
        jobs = ",".join(dict.fromkeys(each.job or each.title for each in self._launched.values()))
        self.span.set_attributes({"run_id": run_ids, "job": jobs})
        self.tag(run_id=run_ids, job=jobs)

    def answered(self, text: str) -> None:
        """Put the answer on the span."""
        self.span.set_outputs({"answer": text})

    def tag(self, **tags: str) -> None:
        """Set tags of the trace, which MLflow keeps in memory until the turn has ended."""
        import mlflow

        if self.trace_id is not None:
            for name, value in tags.items():
                mlflow.set_trace_tag(self.trace_id, f"{TAG}.{name}", value[:_TAG_CHARS])
