"""What the assistant can do, told from the configuration and the plugins alone.

It is the input example with which MLflow logs the model, where no workspace may be needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import JsonValue

from lakevisor.registry import EnabledAgent, Registry
from lakevisor.serving.request_body import RequestBody
from lakevisor.serving.response_id import ResponseId
from lakevisor.serving.response_stream import JsonObject, ResponseStream
from lakevisor.supervisor import new_id
from lakevisor_plugin import Answered, TurnFinished
from lakevisor_plugin.rules import DESCRIBE

_SPEAKER = "supervisor"


def is_description(body: RequestBody) -> bool:
    """Tell whether a request asks for it: an action that needs no thread, and makes none."""
    return body.action is not None and body.action.name == DESCRIBE


def description(body: RequestBody, registry: Registry) -> Iterator[JsonObject]:
    """Yield the events of the response; the last one holds all of it."""
    request = body.request()
    thread_id = request.thread_id or new_id()
    answer = Answered(agent=_SPEAKER, text=_text(registry))
    told: dict[str, JsonValue] = {
        "agent": answer.agent,
        "text": answer.text,
        "data": {"agents": [_data(each) for each in registry.agents]},
    }
    usage = dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), 0)
    finished = TurnFinished(
        thread_id=thread_id,
        turn_id=request.turn_id,
        agent=answer.agent,
        text=answer.text,
        custom_outputs={
            "thread_id": thread_id,
            "agent": answer.agent,
            "operations": [],
            "answers": [told],
            "notices": [],
            "model_calls": 0,
            "usage": dict(usage),
        },
        model_calls=0,
        usage=usage,
    )
    response_id = str(ResponseId(thread_id=thread_id, turn_id=request.turn_id))
    stream = ResponseStream(response_id, model=body.model)
    yield from stream.begin()
    yield from stream.show(answer)
    yield from stream.show(finished)


def _text(registry: Registry) -> str:
    agents = "\n".join(f"- **{each.name}**: {each.delegate_when}" for each in registry.agents)
    return f"I pass requests on to these agents:\n\n{agents}" if agents else "I can only talk."


def _data(agent: EnabledAgent) -> dict[str, JsonValue]:
    return {
        "name": agent.name,
        "delegate_when": agent.delegate_when,
        "actions": [_specification(each) for each in agent.tools if each.name in agent.actions],
    }


def _specification(tool: Any) -> dict[str, JsonValue]:
    """Return a tool as a program calls it: name, description and JSON schema."""
    specification: dict[str, JsonValue] = convert_to_openai_tool(tool)["function"]
    return specification
