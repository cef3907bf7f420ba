"""Traces of turns in MLflow."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from lakevisor.config import SECRETS
from lakevisor.ledger import Lease
from lakevisor.supervisor.trace_export import FLUSH_SECONDS, ExportQueue, take_over_exports
from lakevisor.supervisor.trace_redaction import set_failed, span_redactor
from lakevisor.supervisor.tracing import NoTrace, TracePolicy
from lakevisor_plugin import Operation, SpanKind, TurnFinished

if TYPE_CHECKING:
    from mlflow.entities import LiveSpan

    from lakevisor.supervisor.tracing import TurnTrace

logger = logging.getLogger(__name__)

PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "5"}
"""MLflow's own are 7 and 120 s: a server that is away would keep the few threads that send."""
CLOSE_SECONDS = FLUSH_SECONDS + 0.5
TAG = "lakevisor"
"""Tags are `lakevisor.run_id`, `lakevisor.job`, `lakevisor.thread_id`, `lakevisor.turn_id`."""
_TAG_CHARS = 250
_TYPES: Mapping[SpanKind, str] = {
    "agent": "AGENT",
    "model": "CHAT_MODEL",
    "tool": "TOOL",
    "task": "TASK",
}
_TOKENS = ("input_tokens", "output_tokens", "total_tokens")
USAGE = "mlflow.chat.tokenUsage"
"""Where MLflow looks for the tokens of a model call, and adds them up for the trace."""
_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant"}


def import_mlflow() -> None:
    """Import what takes seconds."""
    for name in ("mlflow", "mlflow.entities", "mlflow.tracing.provider", "mlflow.tracing.export"):
        import_module(name)


def start_mlflow(experiment: str, policy: TracePolicy) -> MlflowTracing:
    """Let MLflow record turns; blocks.

    MLflow finds its tracking server as it always does (`MLFLOW_TRACKING_URI`, or the workspace of
    the Databricks credentials in the environment).

    Args:
        experiment: its name, or its id.
        policy: which turns are recorded, and what of them.
    """
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    import mlflow

    queue = take_over_exports()
    if experiment.isdecimal():
        mlflow.set_experiment(experiment_id=experiment)
    else:
        mlflow.set_experiment(experiment)
    redactor = span_redactor(SECRETS, keeps_contents=policy.keeps_contents)
    mlflow.tracing.configure(span_processors=[redactor])
    return MlflowTracing(policy=policy, queue=queue)


@dataclass(frozen=True, kw_only=True)
class MlflowTracing:
    """Records each turn as one trace; see `lakevisor.supervisor.tracing.Tracing`."""

    policy: TracePolicy
    queue: ExportQueue

    @contextmanager
    def turn(self, lease: Lease, request: str) -> Iterator[TurnTrace]:
        """Record the turn that runs in the block, if its request is one of the sample."""
        if not self.policy.takes(lease.turn_id):
            yield NoTrace()
            return
        spans = MlflowSpans(keeps_contents=self.policy.keeps_contents)
        with spans.span("turn", kind="agent", inputs={"request": request}) as span:
            trace = MlflowTrace(spans=spans.below(span), span=span)
            caller = self.policy.caller(lease.owner.owner)
            span.set_attributes(
                thread_id=lease.thread_id,
                turn_id=lease.turn_id,
                caller=caller,
                is_resumed=lease.is_resumed,
            )
            try:
                yield trace
            finally:
                trace.close(lease, caller)

    async def close(self) -> None:
        """Send what was recorded, wait no longer than `CLOSE_SECONDS`, and forget the rest."""
        import mlflow

        loop, sent = asyncio.get_running_loop(), asyncio.Event()

        def flush() -> None:
            mlflow.flush_trace_async_logging()
            if not loop.is_closed():
                loop.call_soon_threadsafe(sent.set)

        # Not `to_thread`: the loop would wait for the thread when it is closed.
        Thread(target=flush, name="flush traces", daemon=True).start()
        with suppress(TimeoutError):
            await asyncio.wait_for(sent.wait(), CLOSE_SECONDS)
        if self.queue.drop():
            logger.warning("Not all traces were sent.", extra={"action": "traces_lost"})


@dataclass(frozen=True, kw_only=True)
class MlflowSpans:
    """Records spans of one turn; see `lakevisor_plugin.Spans`."""

    keeps_contents: bool
    root: LiveSpan | None = None
    """Under which a span stands that is begun where nothing says in which span: in a thread that
    knows nothing of the turn's context."""

    def below(self, span: MlflowSpan) -> MlflowSpans:
        """Return what records spans under this one."""
        return MlflowSpans(keeps_contents=self.keeps_contents, root=span.live)

    @contextmanager
    def span(
        self, name: str, *, kind: SpanKind = "task", inputs: Any = None
    ) -> Iterator[MlflowSpan]:
        """Record what happens in the block."""
        import mlflow
        from mlflow.tracing.provider import safe_set_span_in_context

        live = mlflow.start_span_no_context(
            name,
            span_type=_TYPES[kind],
            parent_span=mlflow.get_current_active_span() or self.root,
        )
        span = MlflowSpan(live=live, kind=kind, keeps_contents=self.keeps_contents)
        span.set_inputs(inputs)
        try:
            # Not MLflow's `start_span`: it records the traceback of what the block raises, in which
            # every argument may be quoted.
            with safe_set_span_in_context(live):
                yield span
        except BaseException as error:
            span.fail(f"{type(error).__name__}: {error}")
            raise
        finally:
            live.end()


@dataclass(frozen=True, kw_only=True)
class MlflowSpan:
    """A span that goes on; see `lakevisor_plugin.Span`."""

    live: LiveSpan
    kind: SpanKind
    keeps_contents: bool

    def set_attributes(self, **attributes: str | float | bool | None) -> None:
        """Put facts on it; the tokens of a model call also where MLflow looks for them."""
        given = {name: value for name, value in attributes.items() if value is not None}
        self.live.set_attributes(given)
        usage = {name: given[name] for name in _TOKENS if name in given}
        if usage and self.kind == "model":
            self.live.set_attribute(USAGE, usage)

    def set_inputs(self, inputs: Any) -> None:
        """Put on it what it is given, where contents are recorded."""
        if self.keeps_contents and inputs is not None:
            shown = plain(inputs)
            self.live.set_inputs({"messages": shown} if self.kind == "model" else shown)

    def set_outputs(self, outputs: Any) -> None:
        """Put on it what came of it, where contents are recorded."""
        if self.keeps_contents and outputs is not None:
            shown = plain(outputs)
            answer = {"choices": [{"message": shown}]}
            self.live.set_outputs(answer if self.kind == "model" else shown)

    def fail(self, reason: str) -> None:
        """Mark it as failed; what may stay of the reason is decided when the span ends."""
        set_failed(self.live, reason)


@dataclass(frozen=True, kw_only=True)
class MlflowTrace:
    """The trace of one turn; see `lakevisor.supervisor.tracing.TurnTrace`."""

    spans: MlflowSpans
    span: MlflowSpan
    """The root, under which everything that the turn does is recorded."""
    _launched: dict[str, Operation] = field(default_factory=dict, init=False, repr=False)
    """By run id."""

    @property
    def trace_id(self) -> str | None:
        """The trace's id; `None` if MLflow does not record this one (it samples, or failed)."""
        from mlflow.entities import NoOpSpan

        return None if isinstance(self.span.live, NoOpSpan) else str(self.span.live.trace_id)

    def launched(self, operation: Operation) -> None:
        """Put run id and job on the span, joined by commas if there are more."""
        self._launched[operation.run_id] = operation
        self.span.set_attributes(**self._runs())

    def answered(self, answer: TurnFinished) -> None:
        """Put the answer on the span, who gave it, and what it took."""
        self.span.set_attributes(
            agent=answer.agent,
            model_calls=answer.model_calls,
            **{name: answer.usage.get(name, 0) for name in _TOKENS},
        )
        self.span.set_outputs({"answer": answer.text})

    def close(self, lease: Lease, caller: str) -> None:
        """Put on the trace by what it is looked for; in memory, as long as the turn goes on."""
        import mlflow

        if self.trace_id is None:
            return
        found = {"thread_id": lease.thread_id, "turn_id": lease.turn_id, **self._runs()}
        tags = {f"{TAG}.{name}": SECRETS.text(each)[:_TAG_CHARS] for name, each in found.items()}
        mlflow.update_current_trace(tags=tags, session_id=lease.thread_id, user=caller)

    def _runs(self) -> dict[str, str]:
        jobs = dict.fromkeys(each.job or each.title for each in self._launched.values())
        runs = {"run_id": ",".join(self._launched), "job": ",".join(jobs)}
        return {name: joined for name, joined in runs.items() if joined}


def plain(value: Any) -> Any:
    """Return a value as a trace shows it: texts, numbers, and mappings and lists of them."""
    if isinstance(value, BaseMessage):
        return _message(value)
    if isinstance(value, BaseModel):
        return plain(value.model_dump(mode="json"))
    if isinstance(value, Mapping):
        return {str(name): plain(below) for name, below in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [plain(each) for each in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _message(message: BaseMessage) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "role": _ROLES.get(message.type, message.type),
        "content": message.text,
    }
    if calls := getattr(message, "tool_calls", None):
        shown["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": plain(call["args"])},
            }
            for call in calls
        ]
    if call_id := getattr(message, "tool_call_id", None):
        shown["tool_call_id"] = call_id
    return shown
