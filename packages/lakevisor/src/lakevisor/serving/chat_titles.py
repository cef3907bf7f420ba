"""Titles of chats: what Databricks' chat template asks the agent for beside each new chat.

Its request carries the person's words, and must not be taken for a request of the person: it is
answered without a model, a thread or a turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lakevisor.serving.request_body import RequestBody
from lakevisor.serving.response_stream import JsonObject, ResponseStream
from lakevisor.supervisor import new_id
from lakevisor_plugin import Answered, TurnFinished

TITLE_MODEL = "title-model"
"""What the template names as `model` in such a request."""
MOST_CHARS = 80
"""As the template asks for it."""
UNTITLED = "New chat"
_AGENT = "supervisor"
_LEFT_OUT = str.maketrans(dict.fromkeys("\"':`*#", ""))


def is_title_request(body: RequestBody) -> bool:
    """Tell whether a title is asked for, and not an answer."""
    return body.model == TITLE_MODEL and body.thread_id is None


def title_events(body: RequestBody) -> Iterator[JsonObject]:
    """Yield the events of a response that says a title: the beginning of what the person said."""
    title = _title(body.request().text)
    stream = ResponseStream(f"resp_{new_id()}", model=body.model)
    yield from stream.begin()
    yield from stream.show(Answered(agent=_AGENT, text=title))
    end = TurnFinished(
        thread_id="",
        turn_id="",
        agent=_AGENT,
        text=title,
        custom_outputs={},
        model_calls=0,
        usage=dict.fromkeys(("input_tokens", "output_tokens", "total_tokens"), 0),
    )
    yield from stream.show(end)


def _title(prompt: str) -> str:
    words = _said(prompt).translate(_LEFT_OUT).split()
    title = " ".join(words)
    if len(title) > MOST_CHARS:
        title = title[: MOST_CHARS - 1].rsplit(" ", 1)[0] + "…"
    return title or UNTITLED


def _said(prompt: str) -> str:
    """Return the text of the message that the prompt is, written as JSON; else the prompt."""
    try:
        message: Any = json.loads(prompt)
        texts = [part["text"] for part in message["parts"] if part["type"] == "text"]
        return " ".join(map(str, texts))
    except (ValueError, TypeError, KeyError, RecursionError):
        return prompt
