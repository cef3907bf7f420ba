"""What is read of an HTTP request before anything is done with it."""

from __future__ import annotations

import json
import re
from uuid import uuid4

from starlette.requests import HTTPConnection, Request

from lakevisor.errors import BodyTooLong, InvalidRequest
from lakevisor.serving.request_body import RequestBody

CORRELATION_HEADER = "x-request-id"
READ_ON = 16
"""So many times the limit is read of a body that is too long: who still sends hears no answer."""
_GIVEN_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
# The OpenAI Agents SDK runs each tool call of a response itself, and fails where it has no tool
# of the name; ours have been run already.
_RUNS_TOOLS_ITSELF = re.compile(r"^Agents/Python")
# MLflow's client of deployments fails at any line of a stream that is not data.
_READS_DATA_ALONE = re.compile(r"^mlflow-python-client")
# Databricks' chat template, built on Vercel's AI SDK, asks again after an error, without an id.
_ASKS_AGAIN = re.compile(r"(^|\s)ai-sdk/")


def correlation_id(request: HTTPConnection) -> str:
    """Return under which id the log tells of a request: the proxy's, where it gives one."""
    state = request.scope.setdefault("state", {})
    if "correlation_id" not in state:
        given = request.headers.get(CORRELATION_HEADER, "")
        state["correlation_id"] = given if _GIVEN_ID.fullmatch(given) else uuid4().hex
    found: str = state["correlation_id"]
    return found


async def read_json(request: Request, *, max_bytes: int) -> object:
    """Return the JSON value of the body.

    Raises:
        BodyTooLong: it has more bytes.
        InvalidRequest: it is no JSON.
    """
    body = bytearray()
    length = 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= max_bytes:
            body += chunk
        elif length > READ_ON * max_bytes:
            break
    if length > max_bytes:
        raise BodyTooLong(limit=max_bytes)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("The body is not JSON.", remedy="Send a JSON object.") from None


def wants_messages_only(request: HTTPConnection) -> bool:
    """Tell whether tool calls in an answer would mislead the client."""
    return bool(_RUNS_TOOLS_ITSELF.match(request.headers.get("user-agent", "")))


def takes_comments(request: HTTPConnection) -> bool:
    """Tell whether the client passes over comments in a stream."""
    return not _READS_DATA_ALONE.match(request.headers.get("user-agent", ""))


def idempotency_key(request: HTTPConnection, body: RequestBody) -> str | None:
    """Return the id of a request, where its client gives it one or sends the same again."""
    given = request.headers.get("idempotency-key")
    if given is None and asks_again_without_an_id(request):
        return body.repeatable_id()
    return given


def asks_again_without_an_id(request: HTTPConnection) -> bool:
    """Tell whether the client sends a request again that failed, as if it were another one."""
    return bool(_ASKS_AGAIN.search(request.headers.get("user-agent", "")))
