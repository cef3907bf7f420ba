"""Answers that come after their turn: what models read of them, and what is asked for in vain.

What a turn has put off stands in its own messages, so a turn that is run again after a crash
knows it too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from langchain_core.messages import AIMessage, AnyMessage, ToolMessage
from langchain_core.messages import ToolCall as Call

from lakevisor.graph.messages import current_turn, tool_result
from lakevisor_plugin import Operation
from lakevisor_plugin.rules import MORE_TO_DO

NOTE = (
    "This answer comes after the turn. Do now only what does not need it, and do not ask for it "
    "again in this turn."
)
IN_VAIN = f"Not asked again. {NOTE}"
_RUN_ID = "put_off_run_id"
"""The key in a result's `response_metadata` of the run that brings the answer."""


@dataclass(frozen=True, kw_only=True)
class PutOff:
    """What a turn has put off before its last message."""

    calls: Collection[tuple[str, str]]
    """The calls whose answers are to come."""
    run_ids: Collection[str]
    """What brings them."""

    @classmethod
    def of(cls, messages: Sequence[AnyMessage]) -> PutOff:
        """Return what the latest turn of a thread has put off."""
        turn = current_turn(messages)
        results = {
            each.tool_call_id: each
            for each in turn
            if isinstance(each, ToolMessage) and is_put_off(each)
        }
        calls = [call for each in turn if isinstance(each, AIMessage) for call in each.tool_calls]
        return cls(
            calls={_key(call) for call in calls if call["id"] in results},
            run_ids={str(each.response_metadata[_RUN_ID]) for each in results.values()},
        )

    def has(self, call: Call) -> bool:
        """Tell whether this very call was put off already."""
        return _key(call) in self.calls

    def is_awaited_by(self, operations: Iterable[Operation]) -> bool:
        """Tell whether a call has looked at what it brings, and it was not there yet."""
        return any(each.run_id in self.run_ids and not each.is_final for each in operations)


def put_off_result(call: Call, content: str, *, run_id: str) -> ToolMessage:
    """Return the result of a call whose answer comes after the turn."""
    return tool_result(call, f"{content}\n\n{NOTE}", metadata={_RUN_ID: run_id})


def is_put_off(message: AnyMessage) -> bool:
    """Tell whether a message says that an answer comes after the turn."""
    return isinstance(message, ToolMessage) and _RUN_ID in message.response_metadata


def _key(call: Call) -> tuple[str, str]:
    arguments = {name: value for name, value in call["args"].items() if name != MORE_TO_DO}
    return call["name"], repr(sorted(arguments.items()))
