"""The events of a turn in the words of OpenAI's Responses API.

Every item is added once and done once, items do not overlap, `sequence_number` counts from 0, and
the last event is `response.completed`, or `response.failed` behind an `error`. Names and order
are those of https://platform.openai.com/docs/api-reference/responses-streaming; each item has a
further key, `agent`, which MLflow's validators and OpenAI's clients let pass.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from lakevisor.serving.earlier_attempts import EarlierAttempts
from lakevisor_plugin import (
    Answered,
    Event,
    Progress,
    TextDelta,
    ToolFinished,
    ToolStarted,
    TurnFinished,
)

JsonObject = dict[str, Any]
PROGRESS = "lakevisor.progress"
"""The type of an event of our own: a tool says how far it is."""
RESUMED = "response.resumed"
"""The type of an event that databricks-ai-bridge's clients know: another attempt begins."""
BEGINNINGS = ("response.in_progress", RESUMED)
"""The types of the events with which an attempt at a response in the background begins."""
APPROVAL_SERVER = "lakevisor"
"""The `server_label` of a proposal: the protocol has such requests for MCP servers alone."""


class ResponseStream:
    """Turns the events of one turn into the events of one response, in order."""

    def __init__(
        self,
        response_id: str,
        *,
        model: str,
        created_at: float | None = None,
        only_messages: bool = False,
    ) -> None:
        """Begin a response.

        Args:
            response_id: by which the response can be asked for again.
            model: what the client called, as it is named in the answer.
            created_at: seconds since 1970; now, if it is not given.
            only_messages: leave out tool calls, what came of them, and what waits for a yes, for
                clients that would run them themselves.
        """
        self._id = response_id
        self._model = model
        self._only_messages = only_messages
        self._created_at = time.time() if created_at is None else created_at
        self._number = 0
        self._output: list[JsonObject] = []
        self._added = 0
        self._message: _OpenMessage | None = None
        self._earlier = EarlierAttempts()

    @classmethod
    def continued(
        cls,
        response_id: str,
        told: Iterable[Mapping[str, Any]],
        *,
        model: str,
        only_messages: bool = False,
    ) -> ResponseStream:
        """Return a stream that goes on behind the events of an attempt that did not end.

        What the attempt has told of the turn is not told again. What it had said and the turn has
        not kept is left out of the response that ends the stream.
        """
        stream = cls(response_id, model=model, only_messages=only_messages)
        for event in told:
            stream._take_over(event)
        return stream

    def _take_over(self, event: Mapping[str, Any]) -> None:
        self._number = event["sequence_number"] + 1
        match event["type"]:
            case "response.created":
                self._created_at = event["response"]["created_at"]
            case "response.output_item.added" if event["item"]["type"] == "message":
                item = event["item"]
                self._message = _OpenMessage(agent=item["agent"], item_id=item["id"])
            case "response.output_text.delta":
                assert self._message is not None, "text belongs to an open message"
                self._message.text += event["delta"]
            case "response.output_item.done":
                self._message = None
                self._output.append(event["item"])
                self._added += 1

    def queue(self) -> Iterator[JsonObject]:
        """Yield the beginning of a response that is worked on in the background."""
        yield self._event("response.created", response=self._response("queued"))
        yield self._event("response.queued", response=self._response("queued"))

    def start(self, *, attempt: int, thread_id: str) -> Iterator[JsonObject]:
        """Yield that work on it begins, once more or for the first time."""
        yield from self._leave_message("incomplete")
        self._earlier = EarlierAttempts(self._output)
        if attempt == 1:
            yield self._event("response.in_progress", response=self._response("in_progress"))
        else:
            place = {"from_seq": self._number, "conversation_id": thread_id}
            yield self._event(RESUMED, attempt=attempt, **place)

    def cancel(self, custom_outputs: JsonObject) -> Iterator[JsonObject]:
        """Yield the end of a turn whose end was asked for."""
        yield from self._leave_message("incomplete")
        response = self._response("cancelled", custom_outputs=custom_outputs)
        yield self._event("response.cancelled", response=response)

    def begin(self) -> Iterator[JsonObject]:
        """Yield what comes before the first item."""
        yield self._event("response.created", response=self._response("in_progress"))
        yield self._event("response.in_progress", response=self._response("in_progress"))

    def show(self, event: Event) -> Iterator[JsonObject]:
        """Yield what a client is told of an event of the turn."""
        match event:
            case TextDelta(agent=agent, text=text):
                yield from self._say(agent, text)
            case Answered():
                yield from self._answered(event)
            case ToolStarted() if not self._earlier.had_called(event.call_id):
                yield from self._leave_message("completed")
                if not self._only_messages:
                    yield from self._tool_started(event)
            case ToolFinished() if not (
                self._only_messages or self._earlier.had_result(event.call_id)
            ):
                yield from self._tool_finished(event)
            case Progress(agent=agent, text=text):
                yield self._event(PROGRESS, agent=agent, text=text)
            case TurnFinished():
                yield from self._leave_message("completed")
                yield from self._finished(event)

    def fail(
        self, *, code: str, message: str, correlation_id: str, **fields: JsonObject
    ) -> Iterator[JsonObject]:
        """Yield the end of a turn that did not come to its own.

        Args:
            code: a word for programs.
            message: a sentence for people, without anything internal.
            correlation_id: under which the log says more.
            fields: further ones of the response.
        """
        yield from self._leave_message("incomplete")
        error = {"code": code, "message": message, "correlation_id": correlation_id}
        yield self._event("error", **error, param=None)
        response = self._response("failed", error=error, **fields)
        yield self._event("response.failed", response=response)

    def _say(self, agent: str, text: str) -> Iterator[JsonObject]:
        if self._message is not None and self._message.agent != agent:
            yield from self._leave_message("completed")
        if self._message is None:
            yield from self._open_message(agent)
        assert self._message is not None
        self._message.text += text
        yield self._part_event("response.output_text.delta", delta=text, logprobs=[])

    def _answered(self, event: Answered) -> Iterator[JsonObject]:
        said = self._message
        if said is not None and (said.agent, said.text) == (event.agent, event.text):
            yield from self._close_message("completed")
            return
        # A stream that broke off: the model was asked again and says it anew.
        yield from self._leave_message("incomplete")
        if text := self._earlier.unsaid(event):
            yield from self._say(event.agent, text)
            yield from self._close_message("completed")

    def _open_message(self, agent: str) -> Iterator[JsonObject]:
        self._message = _OpenMessage(agent=agent, item_id=self._item_id("msg"))
        item = self._message.item("in_progress") | {"content": []}
        yield self._event("response.output_item.added", output_index=self._added, item=item)
        part = _text_part("")
        yield self._part_event("response.content_part.added", part=part)

    def _leave_message(self, status: str) -> Iterator[JsonObject]:
        """Close a message whose end nobody has told, if there is one."""
        if self._message is not None:
            yield from self._close_message(status)

    def _close_message(self, status: str) -> Iterator[JsonObject]:
        message = self._message
        assert message is not None, "only an open message is closed"
        yield self._part_event("response.output_text.done", text=message.text, logprobs=[])
        yield self._part_event("response.content_part.done", part=_text_part(message.text))
        self._message = None
        yield self._done(message.item(status))

    def _tool_started(self, event: ToolStarted) -> Iterator[JsonObject]:
        arguments = json.dumps(event.arguments, ensure_ascii=False)
        item: JsonObject = {
            "type": "function_call",
            "id": self._item_id("fc"),
            "call_id": event.call_id,
            "name": event.tool,
            "arguments": arguments,
            "status": "completed",
            "agent": event.agent,
        }
        begun = item | {"arguments": "", "status": "in_progress"}
        yield self._event("response.output_item.added", output_index=self._added, item=begun)
        place = {"item_id": item["id"], "output_index": self._added}
        name = "response.function_call_arguments"
        yield self._event(f"{name}.delta", **place, delta=arguments)
        yield self._event(f"{name}.done", **place, name=event.tool, arguments=arguments)
        yield self._done(item)

    def _tool_finished(self, event: ToolFinished) -> Iterator[JsonObject]:
        failed = event.outcome in ("error", "refused")
        item = {
            "type": "function_call_output",
            "id": self._item_id("fco"),
            "call_id": event.call_id,
            "output": event.content,
            "status": "incomplete" if failed else "completed",
            "agent": event.agent,
        }
        yield from self._whole(item)

    def _finished(self, event: TurnFinished) -> Iterator[JsonObject]:
        for request in () if self._only_messages else _approval_requests(event):
            if not self._earlier.had(request["id"]):
                yield from self._whole(request)
        self._output = [each for each in self._output if not self._earlier.is_void(each)]
        outputs = dict(event.custom_outputs)
        response = self._response("completed", usage=_usage(event.usage), custom_outputs=outputs)
        # On the event too: that is where clients of MLflow's agents look.
        yield self._event("response.completed", response=response, custom_outputs=outputs)

    def _whole(self, item: JsonObject) -> Iterator[JsonObject]:
        yield self._event("response.output_item.added", output_index=self._added, item=item)
        yield self._done(item)

    def _done(self, item: JsonObject) -> JsonObject:
        event = self._event("response.output_item.done", output_index=self._added, item=item)
        self._output.append(item)
        self._added += 1
        return event

    def _part_event(self, kind: str, **fields: Any) -> JsonObject:
        assert self._message is not None, "parts belong to an open message"
        place = {"output_index": self._added, "content_index": 0}
        return self._event(kind, item_id=self._message.item_id, **place, **fields)

    def _event(self, kind: str, **fields: Any) -> JsonObject:
        event = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        return event

    def _item_id(self, prefix: str) -> str:
        return f"{prefix}_{self._id.removeprefix('resp_')}_{self._added}"

    def _response(self, status: str, **fields: Any) -> JsonObject:
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created_at,
            "status": status,
            "model": self._model,
            "output": list(self._output),
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "parallel_tool_calls": False,
            "tool_choice": "auto",
            "tools": [],
            "usage": None,
            **fields,
        }


class _OpenMessage:
    """A message whose text still grows."""

    def __init__(self, *, agent: str, item_id: str) -> None:
        self.agent = agent
        self.item_id = item_id
        self.text = ""

    def item(self, status: str) -> JsonObject:
        return {
            "type": "message",
            "id": self.item_id,
            "role": "assistant",
            "status": status,
            "content": [_text_part(self.text)],
            "agent": self.agent,
        }


def _text_part(text: str) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _approval_requests(event: TurnFinished) -> Iterator[JsonObject]:
    """Yield what waits for a yes, in the form that chat clients show as Allow or Deny."""
    answers: Any = event.custom_outputs.get("answers", ())
    for answer in answers:
        proposal = answer["data"].get("proposal")
        if proposal is not None:
            yield {
                "type": "mcp_approval_request",
                "id": proposal["proposal_id"],
                "name": proposal["tool"],
                "arguments": json.dumps(proposal["arguments"], ensure_ascii=False),
                "server_label": APPROVAL_SERVER,
                "agent": answer["agent"],
            }


def _usage(tokens: Mapping[str, int]) -> JsonObject:
    return {
        "input_tokens": tokens["input_tokens"],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens["output_tokens"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": tokens["total_tokens"],
    }
