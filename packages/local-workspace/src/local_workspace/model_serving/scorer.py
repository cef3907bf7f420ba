"""Serves one MLflow model over HTTP, in the model's own environment.

    python scorer.py MODEL PORT_FILE ENDPOINT_NAME

It is a program by itself: nothing of the workspace is there where it runs, only Python and what
the model requires. When its standard input ends, whoever started it is gone, and so is it.
"""

from __future__ import annotations

import contextvars
import json
import os
import sys
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path
from typing import Any

_INVOKER = "X-Local-Invoker-Token"
_REQUEST_ID = "X-Local-Request-Id"
_invokers_token: contextvars.ContextVar[str | None] = contextvars.ContextVar("token", default=None)


def _fetch_obo_token() -> str | None:
    """Return the token of who asks, where the model's policy lets it act as them."""
    return _invokers_token.get()


class _InvokersToken:
    """Stands where the SDK reads the invoker's token; it is that of the request that reads it."""

    def __str__(self) -> str:
        token = _invokers_token.get()
        if token is None:
            raise RuntimeError("This model, or this thread, has no token of who asks.")
        return token


def _offer_invokers_token() -> None:
    """Put the token where databricks-ai-bridge and the SDK look for it in Model Serving."""
    for name in ("mlflowserving", "mlflowserving.scoring_server"):
        # with a spec, for there are programs that look whether there is such a package
        sys.modules[name] = module_from_spec(ModuleSpec(name, None, is_package=True))
    name = "mlflowserving.scoring_server.agent_utils"
    module: Any = module_from_spec(ModuleSpec(name, None))
    module.fetch_obo_token = _fetch_obo_token
    sys.modules[name] = module
    threading.main_thread().__dict__["invokers_token"] = _InvokersToken()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Any
    endpoint_name: str

    def do_GET(self) -> None:
        self._answer(200 if self.path in ("/ping", "/health") else 404, b"\n")

    def do_POST(self) -> None:
        prediction = import_module("mlflow.pyfunc.context")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        context = prediction.Context(
            request_id=self.headers[_REQUEST_ID], endpoint_name=self.endpoint_name
        )
        token = _invokers_token.set(self.headers[_INVOKER])
        try:
            with prediction.set_prediction_context(context):
                self._predict(body)
        finally:
            _invokers_token.reset(token)

    def _predict(self, body: bytes) -> None:
        server = import_module("mlflow.pyfunc.scoring_server")
        content_type = self.headers.get("Content-Type") or "application/json"
        schema = self.model.metadata.get_input_schema()
        try:
            if _wants_stream(body, content_type):
                parsed = server._parse_json_data(body, self.model.metadata, schema)  # noqa: SLF001
                self._stream(self.model.predict_stream(parsed.data, params=parsed.params))
                return
            answer = server.invocations(body, content_type, self.model, schema)
        except server.MlflowException as error:
            traceback.print_exc()
            status, content = error.get_http_status_code(), error.serialize_as_json().encode()
            self._answer(status, content)
            return
        # What a model raises beside MLflow's own check is an answer too, and not this server's end.
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            self._answer(400, _told(error))
            return
        self._answer(answer.status, answer.response.encode(), answer.mimetype)

    def _stream(self, events: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            for event in events:
                self._send_event(json.dumps(event, default=str))
        except (BrokenPipeError, ConnectionResetError):
            events.close()
            self.close_connection = True
            return
        # The status is sent: what a model raises now can only be told as an event.
        except Exception as error:  # noqa: BLE001
            traceback.print_exc()
            self._send_event(_told(error).decode())
        self._send_event("[DONE]")
        self.wfile.write(b"0\r\n\r\n")

    def _send_event(self, data: str) -> None:
        event = f"data: {data}\n\n".encode()
        self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        self.wfile.flush()

    def _answer(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing of each request; the log is the model's."""


def _told(error: Exception) -> bytes:
    told = {"error_code": "BAD_REQUEST", "message": f"{type(error).__name__}: {error}"}
    return json.dumps(told).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _wants_stream(body: bytes, content_type: str) -> bool:
    if not content_type.startswith("application/json"):
        return False
    try:
        asked = json.loads(body)
    except ValueError:
        return False
    return isinstance(asked, dict) and asked.get("stream") is True


def _end_with_starter() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main() -> None:
    """Load the model, then listen, then say where."""
    model, port_file, _Handler.endpoint_name = sys.argv[1:]
    threading.Thread(target=_end_with_starter, daemon=True).start()
    _offer_invokers_token()
    _Handler.model = import_module("mlflow.pyfunc").load_model(model)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        part = Path(f"{port_file}.part")
        part.write_text(str(server.server_address[1]), encoding="ascii")
        part.replace(port_file)
        server.serve_forever()


if __name__ == "__main__":
    main()
