"""A chat model that says what a test wants, as an OpenAI-compatible endpoint would say it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    InvalidToolCall,
    ToolCall,
    get_buffer_string,
)
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.output_parsers.openai_tools import make_invalid_tool_call, parse_tool_call
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import PrivateAttr

from lakevisor_testing.replies import Reply, Step, argument_pieces, reply_of, wire_format

Script = Sequence[Step] | Callable[[Sequence[BaseMessage]], Step]
_CHARS_PER_TOKEN = 4


@dataclass(frozen=True, kw_only=True)
class RecordedCall:
    """What the model was asked."""

    messages: Sequence[BaseMessage]
    """All that it was shown, the system prompt included."""
    tools: Sequence[Mapping[str, Any]]
    """The tools that it could call, as an OpenAI-compatible endpoint takes them."""
    is_streamed: bool
    """Whether the answer was to come in pieces."""
    options: Mapping[str, Any]
    """What else was bound or passed: `tool_choice`, `max_tokens`."""

    @property
    def tool_names(self) -> Sequence[str]:
        """The names of the tools, in the order in which they were given."""
        return [tool["function"]["name"] for tool in self.tools]


class ScriptedModel(BaseChatModel):
    """A chat model that follows a script and remembers what it was asked.

    ```python
    model = ScriptedModel([ToolUse("query_genie", query="Revenue?"), "It was 42."])
    ```

    A script can also be a function of the messages, for tests that do not care about the order.
    A model whose script has ended fails the test and shows the conversation.
    """

    _steps: Iterator[Step] | None = PrivateAttr()
    _choose: Callable[[Sequence[BaseMessage]], Step] | None = PrivateAttr()
    _calls: list[RecordedCall] = PrivateAttr(default_factory=list)
    _uses: int = PrivateAttr(default=0)

    def __init__(self, script: Script = (), **fields: Any) -> None:
        """Take the script; further fields are those of `BaseChatModel`."""
        super().__init__(**fields)
        self._steps = None if callable(script) else iter(script)
        self._choose = script if callable(script) else None

    @property
    def calls(self) -> Sequence[RecordedCall]:
        """What the model was asked so far, the latest last."""
        return tuple(self._calls)

    def then(self, *steps: Step) -> None:
        """Replace what is left of the script."""
        self._steps, self._choose = iter(steps), None

    @property
    def _llm_type(self) -> str:
        return "lakevisor-scripted"

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind tools, in the form in which an endpoint takes them."""
        specifications = [convert_to_openai_tool(tool) for tool in tools]
        chosen = {} if tool_choice is None else {"tool_choice": tool_choice}
        return self.bind(tools=specifications, **chosen, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,  # noqa: ARG002 - part of langchain's signature
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._next(messages, is_streamed=False, stop=stop, **kwargs)
        _refuse_to_wait(reply)
        return self._result(messages, reply)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,  # noqa: ARG002 - part of langchain's signature
        **kwargs: Any,
    ) -> ChatResult:
        reply = self._next(messages, is_streamed=False, stop=stop, **kwargs)
        if reply.waits_for is not None:
            await reply.waits_for.wait()
        return self._result(messages, reply)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,  # noqa: ARG002 - part of langchain's signature
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._next(messages, is_streamed=True, stop=stop, **kwargs)
        _refuse_to_wait(reply)
        yield from self._chunks(messages, reply)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: Any = None,  # noqa: ARG002 - part of langchain's signature
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        reply = self._next(messages, is_streamed=True, stop=stop, **kwargs)
        if reply.waits_for is not None:
            await reply.waits_for.wait()
        for chunk in self._chunks(messages, reply):
            yield chunk

    def _next(
        self,
        messages: list[BaseMessage],
        *,
        is_streamed: bool,
        stop: list[str] | None,
        **options: Any,
    ) -> Reply:
        tools = options.pop("tools", ())
        if stop is not None:
            options["stop"] = stop
        call = RecordedCall(
            messages=tuple(messages), tools=tools, is_streamed=is_streamed, options=options
        )
        self._calls.append(call)
        step = self._choose(messages) if self._choose else next(self._steps or iter(()), None)
        if step is None:
            raise AssertionError(
                f"The script of the model has ended; this is call {len(self._calls)}, "
                f"with the tools {', '.join(call.tool_names) or 'none'}:\n"
                f"{get_buffer_string(messages)}"
            )
        return reply_of(step)

    def _call_id(self, given: str) -> str:
        self._uses += 1
        return given or f"call_{self._uses}"

    def _result(self, messages: Sequence[BaseMessage], reply: Reply) -> ChatResult:
        if reply.breaks_with is not None:
            raise reply.breaks_with
        raw = [dict(wire_format(use, self._call_id(use.call_id))) for use in reply.tool_uses]
        valid, invalid = _parsed(raw)
        message = AIMessage(
            content=reply.whole_text(),
            tool_calls=valid,
            invalid_tool_calls=invalid,
            usage_metadata=_usage(messages, reply),
        )
        info = {"finish_reason": reply.stopped_because()}
        return ChatResult(generations=[ChatGeneration(message=message, generation_info=info)])

    def _chunks(
        self, messages: Sequence[BaseMessage], reply: Reply
    ) -> Iterator[ChatGenerationChunk]:
        for piece in reply.streamed_text():
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        for index, use in enumerate(reply.tool_uses):
            # The name and the id come once, with the first chunk; then only pieces of arguments.
            yield _call_chunk(index, "", name=use.name, call_id=self._call_id(use.call_id))
            for piece in argument_pieces(use):
                yield _call_chunk(index, piece)
        if reply.breaks_with is not None:
            raise reply.breaks_with
        last = AIMessageChunk(content="", usage_metadata=_usage(messages, reply))
        info = {"finish_reason": reply.stopped_because()}
        yield ChatGenerationChunk(message=last, generation_info=info)


def _refuse_to_wait(reply: Reply) -> None:
    if reply.waits_for is not None:
        raise AssertionError("A reply with waits_for needs ainvoke or astream.")


def _call_chunk(
    index: int, arguments: str, *, name: str | None = None, call_id: str | None = None
) -> ChatGenerationChunk:
    piece = tool_call_chunk(name=name, args=arguments, id=call_id, index=index)
    return ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=[piece]))


def _parsed(
    raw: Sequence[dict[str, Any]],
) -> tuple[list[ToolCall], list[InvalidToolCall]]:
    valid: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    for call in raw:
        try:
            valid.append(cast("ToolCall", parse_tool_call(call, return_id=True)))
        except ValueError as error:
            invalid.append(make_invalid_tool_call(call, str(error)))
    return valid, invalid


def _usage(messages: Sequence[BaseMessage], reply: Reply) -> UsageMetadata:
    """Estimate the tokens, one for four characters; the same words always cost the same."""
    read = sum(len(message.text) for message in messages) // _CHARS_PER_TOKEN
    said = len(reply.whole_text()) + sum(len(use.arguments) for use in reply.tool_uses)
    written = max(1, said // _CHARS_PER_TOKEN)
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
