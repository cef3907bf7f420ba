"""Counts the model calls that happen inside a sub-agent's own graph."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, LLMResult

from lakevisor.graph.context import TurnContext


class BudgetCallback(AsyncCallbackHandler):
    """Takes each model call from the turn's budget, and stops the graph when it is used up."""

    raise_error = True
    run_inline = True

    def __init__(self, context: TurnContext) -> None:
        self._context = context

    async def on_chat_model_start(self, *_: Any, **__: Any) -> None:
        """Count the call before it is made."""
        self._context.take_model_call()

    async def on_llm_end(self, response: LLMResult, **_: Any) -> None:
        """Count its tokens."""
        for generation in (each for batch in response.generations for each in batch):
            if isinstance(generation, ChatGeneration) and isinstance(generation.message, AIMessage):
                self._context.add_usage(generation.message.usage_metadata)
