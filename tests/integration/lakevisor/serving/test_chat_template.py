"""Databricks' chat template for Apps talks to the server as it is.

The requests are those that its server sends (databricks/app-templates, e2e-chatbot-app-next at
2a4c7929, with `ai` 6.0.62 and `@databricks/ai-sdk-provider` 0.5.1), recorded from these libraries.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

CHAT = "/serving-endpoints/chat/completions"
RUN_NOW = "/api/2.2/jobs/run-now"
LAUNCH = "Analyze all customer transactions for anomalies"
REPORT = "Refresh the sales report"
HEADERS = {
    "user-agent": "ai-sdk/provider-utils/4.0.66 runtime/node.js/v20.20.2",
    "x-mlflow-return-trace-id": "true",
}
TITLE_PROMPT = """

    - you will generate a short title based on the first message a user begins a conversation with
    - ensure it is not more than 80 characters long
    - the title should be a summary of the user's message
    - do not use quotes or colons. do not include other expository content ("I'll help...")"""


@dataclass(kw_only=True)
class ChatTemplate:
    """One chat as the template keeps it and sends it."""

    server: Any
    chat_id: str = field(default_factory=lambda: str(uuid4()))
    said: list[dict[str, Any]] = field(default_factory=list)
    asked: str | None = None
    """What waits for Allow or Deny."""

    def say(self, text: str) -> Sequence[Mapping[str, Any]]:
        """Send the whole chat with a new message."""
        self.said.append(_message("user", "input_text", text))
        return self.stream()

    def answer(self, *, allow: bool) -> None:
        """Click Allow or Deny; Deny alone sends nothing."""
        approval = {"id": self.asked, "approval_request_id": self.asked, "approve": allow}
        self.said.append({"type": "mcp_approval_response", **approval})

    def stream(self) -> Sequence[Mapping[str, Any]]:
        """Send the chat, and keep the items of the answer as the template does."""
        options = {"databricks_options": {"return_trace": True}}
        answer = self._post({"model": "chat-model", "stream": True, **options})
        assert answer.status_code == httpx.codes.OK, answer.text
        *lines, end = [line for line in answer.text.split("\n\n") if line]
        assert end == "data: [DONE]"
        events = [json.loads(line.removeprefix("data: ")) for line in lines]
        items = [each["item"] for each in events if each["type"] == "response.output_item.done"]
        for item in items:
            self.said.append(_kept(item))
            if item["type"] == "mcp_approval_request":
                self.asked = item["id"]
        return events

    def fall_back(self) -> httpx.Response:
        """Send the chat once more, not streamed, as after an error before the first text."""
        return self._post({"model": "chat-model", "stream": False})

    def title(self, text: str) -> Any:
        """Ask for a title of the chat."""
        message = {"id": str(uuid4()), "role": "user", "parts": [{"type": "text", "text": text}]}
        said = [
            {"role": "system", "content": TITLE_PROMPT},
            _message("user", "input_text", json.dumps(message, separators=(",", ":"))),
        ]
        body = {"model": "title-model", "input": said, "stream": False}
        headers = {**HEADERS, "user-agent": f"ai/6.0.62 {HEADERS['user-agent']}"}
        with self.server.client(**headers) as client:
            return client.post("/invocations", json=body).json()

    def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        context = {"conversation_id": self.chat_id, "user_id": "ada@example.com"}
        with self.server.client(**HEADERS) as client:
            return client.post(
                "/invocations", json={**body, "input": self.said, "context": context}
            )


def _message(role: str, kind: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": [{"type": kind, "text": text}]}


def _kept(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item of an answer as the template sends it back."""
    keys = {
        "function_call": ("type", "call_id", "name", "arguments", "id"),
        "function_call_output": ("type", "call_id", "output"),
        "mcp_approval_request": ("type", "id", "name", "arguments", "server_label"),
    }
    if item["type"] == "message":
        return _message("assistant", "output_text", item["content"][0]["text"])
    return {name: item[name] for name in keys[item["type"]]}


def _launched(events: Sequence[Mapping[str, Any]]) -> Any:
    """Return the response that a stream ends with."""
    assert events[-1]["type"] == "response.completed"
    return events[-1]["response"]


def _heard(server: Any, chat: ChatTemplate) -> Sequence[str]:
    """Return what the person has said in the thread."""
    read = server.call("GET", f"/threads/{chat.chat_id}").json()["messages"]
    return [each["text"] for each in read if each["role"] == "user"]


def test_a_chat_that_is_sent_whole_each_time_is_stored_once(server: Any) -> None:
    chat = ChatTemplate(server=server)
    said = ["What was our total revenue last quarter?", "And by region?", "Hello."]
    for text in said:
        chat.say(text)

    assert _heard(server, chat) == said


def test_a_chat_is_asked_for_a_title_and_nothing_begins(server: Any, workspace: Any) -> None:
    workspace.control("DELETE", "requests")
    threads = server.call("GET", "/threads?limit=500").json()
    titled = ChatTemplate(server=server).title(f'{LAUNCH}: "all" ' + "of them " * 20)

    [message] = titled["output"]
    title = message["content"][0]["text"]
    assert title.startswith(LAUNCH)
    assert len(title) <= 80
    assert not {'"', ":"} & set(title)
    assert workspace.requests(CHAT) + workspace.requests(RUN_NOW) == []
    assert server.call("GET", "/threads?limit=500").json() == threads


def test_the_second_call_after_an_error_finishes_the_first(server: Any, add_fault: Any) -> None:
    chat = ChatTemplate(server=server)
    add_fault(kind="status", status=400, path=CHAT, times=1)
    chat.said.append(_message("user", "input_text", "Hello."))
    failed = chat.stream()
    again = chat.fall_back()

    assert failed[-1]["type"] == "response.failed"
    assert again.json()["status"] == "completed"
    assert _heard(server, chat) == ["Hello."]


def test_the_second_call_after_a_launch_starts_nothing(
    server: Any, workspace: Any, stop_runs: Any
) -> None:
    chat = ChatTemplate(server=server)
    workspace.control("DELETE", "requests")
    first = _launched(chat.say(LAUNCH))
    del chat.said[1:]
    again = chat.fall_back().json()

    assert stop_runs(again) == stop_runs(first)
    assert again["id"] == first["id"]
    assert len(workspace.requests(RUN_NOW)) == 1
    assert _heard(server, chat) == [LAUNCH]


def test_the_same_words_later_in_a_chat_are_another_request(server: Any) -> None:
    chat = ChatTemplate(server=server)
    responses = [_launched(chat.say("Hello.")) for _ in range(2)]

    assert responses[0]["id"] != responses[1]["id"]
    assert _heard(server, chat) == ["Hello.", "Hello."]


def test_allow_starts_what_was_asked_for_once(server: Any, workspace: Any, stop_runs: Any) -> None:
    chat = ChatTemplate(server=server)
    workspace.control("DELETE", "requests")
    asked = _launched(chat.say(REPORT))
    chat.answer(allow=True)
    sent = len(chat.said)
    started = _launched(chat.stream())
    del chat.said[sent:]
    again = chat.fall_back().json()

    assert asked["custom_outputs"]["operations"] == []
    assert stop_runs(started)
    assert again["id"] == started["id"]
    assert len(workspace.requests(RUN_NOW)) == 1


def test_a_chat_goes_on_after_deny(server: Any, workspace: Any) -> None:
    chat = ChatTemplate(server=server)
    workspace.control("DELETE", "requests")
    chat.say(REPORT)
    chat.answer(allow=False)
    hello = _launched(chat.say("Hello."))

    assert hello["status"] == "completed"
    assert workspace.requests(RUN_NOW) == []
    assert _heard(server, chat) == [REPORT, "Hello."]


def test_a_chat_app_that_passes_on_the_token_alone_is_its_person(
    shared_server: Any, workspace: Any
) -> None:
    body = {"model": "chat-model", "input": [_message("user", "input_text", "Hello.")]}
    told = [
        shared_server.call("POST", "/invocations", body=body, x_forwarded_access_token=token)
        for token in (workspace.tokens["viewer"], "nobody's")
    ]
    path = f"/responses/{told[0].json()['id']}"

    assert [each.status_code for each in told] == [200, 401]
    assert shared_server.call("GET", path, user="viewer@local.test").is_success
