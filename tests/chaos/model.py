"""The language model of the trials: it does what is asked, a little differently each time.

An OpenAI-compatible endpoint that the local workspace is told to pass requests on to. As some
real endpoints do, it refuses a history in which a tool call has no result.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from threading import Thread
from typing import Any
from uuid import uuid4

from chaos.injections import obeying
from chaos.injections.obeying import ObeyingModel

VARIES = "[varies]"
"""In a request: the model words it anew each time it is asked."""


DATA = "Data: "
"""At the beginning of a request: what follows is a question for Genie."""
NOTE = "Note: "
"""At the beginning of a request: the answer has what follows in it, and so belongs to it alone."""


class Model:
    """Chooses the next tool call, or words."""

    def __init__(self) -> None:
        self._asked: Counter[str] = Counter()
        self._obeying = ObeyingModel(tool_calls)

    def reply(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the message that answers a chat request."""
        if obeying.is_meant(body):
            return self._obeying.reply(body)
        text, turn = _last_turn(body["messages"])
        tools = {each["function"]["name"] for each in body.get("tools", ())}
        if any(each["role"] == "tool" and "transfer" not in str(each) for each in turn):
            refused = [
                each["content"] for each in turn if "limit is reached" in str(each["content"])
            ]
            return {"content": " ".join(["That is all.", *refused])}
        if "Analyze" in text:
            return self._call("start_databricks_job", tools, text)
        if "status" in text:
            return self._call("poll_databricks_job", tools, text)
        if text.startswith(DATA):
            asked = text.removeprefix(DATA).partition("\n")[0]
            return tool_calls(("query_genie", {"query": asked, "space": "sales"}))
        if text.startswith(NOTE):
            return {"content": f"Noted: {text.removeprefix(NOTE)}"}
        return {"content": "Hello."}

    def _call(self, tool: str, tools: set[str], text: str) -> dict[str, Any]:
        said = text.partition("\n")[0]
        self._asked[said] += 1
        wording = f" ({self._asked[said]})" if VARIES in said else ""
        if tool not in tools:
            return tool_calls(("transfer_to_jobs", {"task": text + wording}))
        if tool == "start_databricks_job":
            wish = {"user_request": said + wording, "job": "transaction_anomalies"}
            return tool_calls((tool, wish))
        return tool_calls((tool, {}))


@contextmanager
def serving() -> Iterator[str]:
    """Serve the model on a free port of this machine, and yield its address."""
    model = Model()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            missing = _without_result(body["messages"])
            if missing:
                error = {"message": f"No result for the tool calls {missing}."}
                self._answer(400, "application/json", json.dumps({"error": error}).encode())
            elif body.get("stream"):
                self._answer(200, "text/event-stream", _events(model.reply(body)))
            else:
                self._answer(200, "application/json", _whole(model.reply(body)))

        def _answer(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="model")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _without_result(messages: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    """Return the ids of the tool calls whose results do not stand right behind them."""
    missing = []
    for at, message in enumerate(messages):
        behind = takewhile(lambda each: each["role"] == "tool", messages[at + 1 :])
        results = {each["tool_call_id"] for each in behind}
        calls = message.get("tool_calls") or ()
        missing += [str(each["id"]) for each in calls if each["id"] not in results]
    return missing


def _last_turn(messages: Sequence[Mapping[str, Any]]) -> tuple[str, Sequence[Mapping[str, Any]]]:
    last = max(at for at, each in enumerate(messages) if each["role"] == "user")
    return str(messages[last]["content"]), messages[last + 1 :]


def tool_calls(*calls: tuple[str, Mapping[str, Any]], content: str = "") -> dict[str, Any]:
    """Return the message with these tool calls, each a name with its arguments."""
    made = [
        {
            "index": at,
            "id": f"call_{uuid4().hex}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for at, (name, arguments) in enumerate(calls)
    ]
    return {"content": content, "tool_calls": made}


def _whole(message: Mapping[str, Any]) -> bytes:
    return json.dumps(_part("message", message, _reason(message))).encode()


def _events(message: Mapping[str, Any]) -> bytes:
    parts = [_part("delta", message, None), _part("delta", {"content": ""}, _reason(message))]
    lines = [*map(json.dumps, parts), "[DONE]"]
    return "".join(f"data: {line}\n\n" for line in lines).encode()


def _part(key: str, message: Mapping[str, Any], reason: str | None) -> dict[str, Any]:
    choice = {"index": 0, key: {"role": "assistant", **message}, "finish_reason": reason}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    kind = "chat.completion" if key == "message" else "chat.completion.chunk"
    head = {"id": f"chatcmpl-{uuid4().hex}", "object": kind, "created": 0, "model": "chaos"}
    return {**head, "choices": [choice], "usage": usage}


def _reason(message: Mapping[str, Any]) -> str:
    return "tool_calls" if message.get("tool_calls") else "stop"
