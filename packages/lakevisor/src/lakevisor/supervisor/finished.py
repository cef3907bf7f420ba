"""What came of a turn, read from the thread's own messages.

A turn that was interrupted after its last step is answered from the thread alone, so everything
that a client gets lies in the messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AnyMessage
from pydantic import JsonValue

from lakevisor.graph import FOR_PROGRAMS, SUPERVISOR, TurnContext, is_reply_part, reply_text
from lakevisor.supervisor.notices import Notice
from lakevisor_plugin import Operation, TurnFinished

TOKENS = ("input_tokens", "output_tokens", "total_tokens")


def finished(
    turn: Sequence[AnyMessage], context: TurnContext, notices: Sequence[Notice]
) -> TurnFinished:
    """Return the end of a turn.

    Args:
        turn: the turn's messages, the person's first.
        context: the turn's ids and counters; they count this attempt at the turn alone.
        notices: what ended since the last turn and is told with this one.
    """
    parts = [each for each in turn if is_reply_part(each)]
    agent = str(parts[-1].name or SUPERVISOR) if parts else SUPERVISOR
    operations = operations_of(turn)
    answers = [_answer(each) for each in parts if FOR_PROGRAMS in each.additional_kwargs]
    usage = {name: context.usage[name] for name in TOKENS}
    outputs: dict[str, JsonValue] = {
        "thread_id": context.turn.thread_id,
        "agent": agent,
        "operations": [each.model_dump(mode="json") for each in operations],
        "answers": list(answers),
        "notices": [_notice(each) for each in notices],
        "model_calls": context.model_calls,
        "usage": dict(usage),
    }
    by_agent = {str(each["agent"]): each["data"] for each in answers}
    return TurnFinished(
        thread_id=context.turn.thread_id,
        turn_id=context.turn.turn_id,
        agent=agent,
        text="\n\n".join([reply_text(turn), *(each.text for each in notices)]),
        operations=operations,
        # An agent may have the name of one of ours.
        custom_outputs=by_agent | outputs,
        model_calls=context.model_calls,
        usage=usage,
    )


def _notice(notice: Notice) -> dict[str, JsonValue]:
    operation = notice.operation.model_dump(mode="json")
    return {"text": notice.text, "operation": operation, "data": dict(notice.data)}


def _answer(part: AnyMessage) -> dict[str, JsonValue]:
    told: Mapping[str, Any] = part.additional_kwargs[FOR_PROGRAMS]
    return {"agent": part.name, "text": part.text, "data": told["data"]}


def operations_of(turn: Iterable[AnyMessage]) -> Sequence[Operation]:
    """Return what a turn launched or asked about, each once, as it was seen last."""
    seen: dict[str, Operation] = {}
    for part in turn:
        for told in part.additional_kwargs.get(FOR_PROGRAMS, {}).get("operations", ()):
            operation = Operation.model_validate(told)
            seen[operation.run_id] = operation
    return tuple(seen.values())
