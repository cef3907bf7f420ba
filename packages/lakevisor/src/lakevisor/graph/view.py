"""What a model is shown of a thread: a window with a token budget, never all of it.

Past turns are what was said, without the tool calls between; so a hole in their history cannot
reach an endpoint. In the current turn a tool call without a result is healed here, in the
request; the store is never rewritten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph_supervisor.handoff import METADATA_KEY_HANDOFF_DESTINATION

from lakevisor.graph.messages import SUPERVISOR, current_turn, for_model, is_reply_part, turns
from lakevisor.graph.put_off import NOTE, is_put_off

NO_RESULT = "No result is known: the turn was interrupted."
NO_ANSWER = "(This request was not answered.)"
CHARS_PER_TOKEN = 4
"""A common estimate for English text; it bounds the window, nothing is charged by it."""


def supervisor_view(messages: Sequence[AnyMessage], *, window_tokens: int) -> list[AnyMessage]:
    """Return what the supervisor's model reads: the window, then its own calls of this turn."""
    person, *rest = current_turn(messages)
    spoken = [each for each in rest if _is_by(each, SUPERVISOR)]
    results = {call_id: _told(each, rest) for call_id, each in _results(rest).items()}
    return [*_window(messages, window_tokens), person, *_with_results(spoken, results)]


def agent_view(
    messages: Sequence[AnyMessage],
    *,
    agent: str,
    tools: Collection[str],
    task: str,
    window_tokens: int,
) -> list[AnyMessage]:
    """Return what a sub-agent's model reads: the window, its task, its own calls of this turn.

    Calls of its tools that the supervisor made (shortcuts) count as its own.
    """
    person, *rest = current_turn(messages)
    is_all = task.strip() in ("", person.text.strip())
    said = person.text if is_all else f"{person.text}\n\n(Your part of this: {task})"
    spoken = [_only(each, tools) for each in rest if _is_by(each, agent, SUPERVISOR)]
    return [
        *_window(messages, window_tokens),
        HumanMessage(said),
        *_with_results([each for each in spoken if each.tool_calls], _results(rest)),
    ]


def _window(messages: Sequence[AnyMessage], window_tokens: int) -> list[AnyMessage]:
    """Return the latest past turns that fit, each as what was asked and what was answered."""
    room = window_tokens * CHARS_PER_TOKEN
    window: list[AnyMessage] = []
    for person, *rest in reversed(turns(messages)[:-1]):
        answer = "\n\n".join(for_model(each) for each in _parts(rest)) or NO_ANSWER
        room -= len(person.text) + len(answer)
        if room < 0:
            break
        window = [HumanMessage(person.text), AIMessage(answer), *window]
    return window


def _parts(messages: Iterable[AnyMessage]) -> list[AIMessage]:
    return [each for each in messages if isinstance(each, AIMessage) and is_reply_part(each)]


def _is_by(message: AnyMessage, *names: str) -> bool:
    return isinstance(message, AIMessage) and bool(message.tool_calls) and message.name in names


def _results(messages: Iterable[AnyMessage]) -> dict[str, ToolMessage]:
    return {each.tool_call_id: each for each in messages if isinstance(each, ToolMessage)}


def _told(result: ToolMessage, turn: Sequence[AnyMessage]) -> ToolMessage:
    """Return a hand-off's result with what the sub-agent has said since, other results as is."""
    agent = result.response_metadata.get(METADATA_KEY_HANDOFF_DESTINATION)
    if agent is None:
        return result
    since = turn[turn.index(result) :]
    parts = [for_model(each) for each in _parts(since) if each.name == agent]
    notes = [NOTE] if any(map(is_put_off, since)) else []
    said = "\n\n".join([*parts, *notes] if parts else ())
    return result.model_copy(update={"content": said}) if said else result


def _only(message: AnyMessage, tools: Collection[str]) -> AIMessage:
    """Return a message with the calls of these tools alone."""
    assert isinstance(message, AIMessage)
    calls = [call for call in message.tool_calls if call["name"] in tools]
    return AIMessage(content=message.text, tool_calls=calls, name=message.name)


def _with_results(
    spoken: Iterable[AnyMessage], results: Mapping[str, ToolMessage]
) -> Iterable[AnyMessage]:
    """Yield each message of calls with all its results behind it; missing ones are filled in."""
    for message in spoken:
        assert isinstance(message, AIMessage)
        yield message
        for call in message.tool_calls:
            call_id = call["id"] or ""
            yield results.get(call_id) or ToolMessage(NO_RESULT, tool_call_id=call_id)
