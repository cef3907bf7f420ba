"""One call of a chat model: streamed to the person, checked before anything acts on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import uuid4

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, SystemMessage, ToolCall
from langchain_core.messages.ai import UsageMetadata
from langchain_core.runnables import Runnable

from lakevisor.chat_models import translated_model_errors
from lakevisor.errors import DeadlineExceeded, ModelError, ModelStreamBroken
from lakevisor.graph.context import Emit, TurnContext
from lakevisor_plugin import TextDelta

MODEL_CALL = "model call"
"""The name of its span in a trace."""
COMPLETE = frozenset({"stop", "tool_calls"})
"""The `finish_reason`s of a message that says all that the model meant to say."""


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """An agent's voice: its model with its tools bound, and its prompt."""

    agent: str
    model: Runnable[LanguageModelInput, AIMessage]
    prompt: str

    async def speak(
        self, view: Sequence[AnyMessage], context: TurnContext, emit: Emit
    ) -> AIMessage:
        """Return the model's next message; its tool calls are complete and strict JSON.

        A message that broke off, was cut, or whose arguments do not parse is never repaired: the
        model is asked once more, without streaming.

        Raises:
            ModelError: the endpoint failed, or the second message was no better.
            TooManyModelCalls: the turn has used up its calls.
            DeadlineExceeded: the turn's time is over.
        """
        messages = [SystemMessage(self.prompt), *view]
        try:
            message = await self._streamed(messages, context, emit)
        # LangChain and the client of the model raise a ValueError for a stream that ended before it
        # said anything, and for what is no JSON or no UTF-8.
        except (ModelStreamBroken, ValueError):
            message = None
        if message is None:
            message = await self._asked_again(messages, context)
        if not message.tool_calls and not message.text.strip():
            raise ModelError("The language model gave an empty answer.")
        return message

    async def _streamed(
        self, messages: Sequence[AnyMessage], context: TurnContext, emit: Emit
    ) -> AIMessage | None:
        whole: AIMessageChunk | None = None
        usage: UsageMetadata | None = None
        finish_reason = None
        with context.turn.span(MODEL_CALL, kind="model", inputs=messages) as span:
            async with _within(context.take_model_call(), context):
                async for chunk in self.model.astream(messages):
                    assert isinstance(chunk, AIMessageChunk)
                    usage = chunk.usage_metadata or usage
                    finish_reason = chunk.response_metadata.get("finish_reason") or finish_reason
                    whole = chunk if whole is None else whole + chunk
                    if chunk.text:
                        emit(TextDelta(agent=self.agent, text=chunk.text))
            span.set_attributes(finish_reason=finish_reason, streamed=True, **counted(usage))
            span.set_outputs(whole)
        context.add_usage(usage)
        if whole is None or not _is_complete(whole, finish_reason):
            return None
        calls = _streamed_calls(whole)
        return None if calls is None else self._kept(whole, calls, usage)

    async def _asked_again(self, messages: Sequence[AnyMessage], context: TurnContext) -> AIMessage:
        with context.turn.span(MODEL_CALL, kind="model", inputs=messages) as span:
            async with _within(context.take_model_call(), context):
                answer = await self._whole(messages)
            finish_reason = answer.response_metadata.get("finish_reason")
            usage = counted(answer.usage_metadata)
            span.set_attributes(finish_reason=finish_reason, streamed=False, **usage)
            span.set_outputs(answer)
        context.add_usage(answer.usage_metadata)
        whole = _is_complete(answer, finish_reason)
        if not whole or answer.invalid_tool_calls:
            raise ModelError("The language model's answer was incomplete, twice.")
        return self._kept(answer, answer.tool_calls, answer.usage_metadata)

    async def _whole(self, messages: Sequence[AnyMessage]) -> AIMessage:
        try:
            return await self.model.ainvoke(messages)
        # The clients read an answer's parts without looking whether it has them.
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ModelError("The language model's answer could not be read.") from error

    def _kept(
        self, said: AIMessage, calls: Sequence[ToolCall], usage: UsageMetadata | None
    ) -> AIMessage:
        """Return the message as it goes into the thread."""
        return AIMessage(
            content=said.text,
            name=self.agent,
            id=said.id,
            tool_calls=[{**call, "id": call["id"] or f"call_{uuid4().hex}"} for call in calls],
            usage_metadata=usage,
        )


def counted(usage: UsageMetadata | None) -> dict[str, int]:
    """Return the tokens of a model call, by the names that traces have for them."""
    if usage is None:
        return {}
    return {name: usage[name] for name in ("input_tokens", "output_tokens", "total_tokens")}


@asynccontextmanager
async def _within(seconds: float, context: TurnContext) -> AsyncIterator[None]:
    """Bound a model call in time, and translate what its client raises."""
    try:
        async with asyncio.timeout(seconds):
            with translated_model_errors():
                yield
    except TimeoutError as error:
        if context.turn.seconds_left() <= 0:
            raise DeadlineExceeded(seconds=context.limits.turn_seconds) from error
        raise ModelError("The language model took too long to answer.") from error


def _is_complete(message: AIMessage, finish_reason: str | None) -> bool:
    """Tell whether a message may be acted on; text that reached the token limit may be shown."""
    calls = bool(message.tool_calls or message.invalid_tool_calls)
    if isinstance(message, AIMessageChunk):
        calls = calls or bool(message.tool_call_chunks)
    return finish_reason in COMPLETE or (finish_reason == "length" and not calls)


def _streamed_calls(whole: AIMessageChunk) -> list[ToolCall] | None:
    """Return the calls whose arguments are whole JSON objects, or None if any is not.

    LangChain's own `tool_calls` of a chunk would complete what was cut.
    """
    calls: list[ToolCall] = []
    for chunk in whole.tool_call_chunks:
        try:
            arguments = json.loads(chunk["args"] or "{}")
        except ValueError:
            return None
        if not chunk["name"] or not isinstance(arguments, dict):
            return None
        calls.append(ToolCall(name=chunk["name"], args=arguments, id=chunk["id"]))
    return calls
