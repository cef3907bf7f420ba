"""Records what happens inside a sub-agent's own graph: its model calls and its tools."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from lakevisor.graph.model_call import MODEL_CALL, counted
from lakevisor_plugin import Span, SpanKind, Turn


class SpansOfRuns(AsyncCallbackHandler):
    """Gives each run that LangChain tells of a span; what is still open is ended with the block."""

    run_inline = True

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._open: dict[UUID, tuple[AbstractContextManager[Span], Span]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for run_id in reversed(list(self._open)):
            self._end(run_id, error)

    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],  # noqa: ARG002 - LangChain's
        messages: Sequence[Sequence[BaseMessage]],
        *,
        run_id: UUID,
        **kwargs: Any,  # noqa: ARG002 - LangChain's
    ) -> None:
        """Begin the span of a model call."""
        self._begin(run_id, MODEL_CALL, "model", [each for batch in messages for each in batch])

    async def on_llm_end(self, response: LLMResult, *, run_id: UUID, **_: Any) -> None:
        """End the span of a model call with what the model said."""
        if run_id in self._open:
            span = self._open[run_id][1]
            for generation in (each for batch in response.generations for each in batch):
                if isinstance(generation, ChatGeneration):
                    usage = getattr(generation.message, "usage_metadata", None)
                    span.set_attributes(**counted(usage))
                    span.set_outputs(generation.message)
            self._end(run_id)

    async def on_llm_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the span of a model call that failed."""
        self._end(run_id, error)

    async def on_tool_start(
        self,
        serialized: dict[str, Any],
        input_str: str,
        *,
        run_id: UUID,
        inputs: dict[str, Any] | None = None,
        **kwargs: Any,  # noqa: ARG002 - LangChain's
    ) -> None:
        """Begin the span of a tool."""
        name = str((serialized or {}).get("name") or "tool")
        self._begin(run_id, name, "tool", inputs if inputs is not None else input_str)

    async def on_tool_end(self, output: Any, *, run_id: UUID, **_: Any) -> None:
        """End the span of a tool with its result."""
        if run_id in self._open:
            self._open[run_id][1].set_outputs(output)
            self._end(run_id)

    async def on_tool_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        """End the span of a tool that failed."""
        self._end(run_id, error)

    def _begin(self, run_id: UUID, name: str, kind: SpanKind, inputs: Any) -> None:
        manager = self._turn.span(name, kind=kind, inputs=inputs)
        self._open[run_id] = (manager, manager.__enter__())

    def _end(self, run_id: UUID, error: BaseException | None = None) -> None:
        if run_id in self._open:
            manager, span = self._open.pop(run_id)
            if error is not None:
                span.fail(f"{type(error).__name__}: {error}")
            manager.__exit__(None, None, None)
