"""What the OpenAPI description says of the routes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Response

from lakevisor.serving.request_body import CUSTOM_INPUTS

JsonSchema = Mapping[str, Any]
_TEXT: JsonSchema = {"type": "string"}
_MESSAGE: JsonSchema = {
    "type": "object",
    "description": "A message, an item of an earlier answer, or an mcp_approval_response.",
}
_ACTION: JsonSchema = {
    "description": "A tool to call, without a model.",
    "oneOf": [
        _TEXT,
        {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {"name": _TEXT, "arguments": {"type": "object"}},
        },
    ],
}
_REQUEST: JsonSchema = {
    "type": "object",
    "properties": {
        "input": {
            "description": "What the person says, or the whole conversation, oldest first. Needed "
            "unless custom_inputs has an action or approves something.",
            "oneOf": [_TEXT, {"type": "array", "minItems": 1, "items": _MESSAGE}],
        },
        "stream": {"type": "boolean", "default": False},
        "background": {
            "type": "boolean",
            "default": False,
            "description": "Answer at once, and work on it afterwards.",
        },
        "model": {**_TEXT, "description": "Named in the answer; chooses nothing."},
        "conversation": {
            "description": "The thread.",
            "oneOf": [_TEXT, {"type": "object", "properties": {"id": _TEXT}}],
        },
        "previous_response_id": {**_TEXT, "description": "Names the thread of that response."},
        "context": {
            "type": "object",
            "properties": {"conversation_id": {**_TEXT, "description": "The thread."}},
        },
        "custom_inputs": {
            "type": "object",
            "additionalProperties": False,
            "properties": {**dict.fromkeys(CUSTOM_INPUTS, _TEXT), "action": _ACTION},
        },
    },
}
_RESPONSE: JsonSchema = {
    "type": "object",
    "required": ["id", "object", "status", "output"],
    "properties": {
        "id": _TEXT,
        "object": {"const": "response"},
        "status": {"enum": ["queued", "in_progress", "completed", "failed", "cancelled"]},
        "created_at": {"type": "number"},
        "model": _TEXT,
        "output": {"type": "array", "items": {"type": "object"}},
        "usage": {"type": "object"},
        "custom_outputs": {"type": "object"},
    },
}
ERROR: JsonSchema = {
    "type": "object",
    "required": ["error", "error_code", "message"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "type", "param", "correlation_id"],
            "properties": {
                "code": _TEXT,
                "message": _TEXT,
                "type": _TEXT,
                "param": {"type": "null"},
                "correlation_id": _TEXT,
            },
        },
        "error_code": _TEXT,
        "message": _TEXT,
    },
}


def _json(schema: JsonSchema) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of errors with these statuses."""
    return {status: {"description": _WORDS[status], "content": _json(ERROR)} for status in statuses}


_WORDS = {
    400: "The request cannot be read.",
    401: "It is not known who asks.",
    403: "A page of another site has sent it.",
    404: "You have no such thing.",
    409: "The thread, or the same request, is being worked on; or it is too late.",
    413: "The body is too long.",
    422: "The request id was used for another request.",
    429: "A limit is reached.",
    500: "A bug.",
    502: "The model or the workspace failed.",
    503: "Not ready, or Lakebase is away; try again.",
    504: "The turn reached its deadline.",
}


def respond(path: str, first: str) -> dict[str, Any]:
    """Describe a path for requests; all of them are the first."""
    stream = {"text/event-stream": {"schema": _TEXT}}
    return {
        "operation_id": f"respond{path.replace('/', '_').replace('{name}', 'name')}",
        "summary": "Send a request" if path == first else f"The same as {first}",
        "tags": ["responses"],
        "responses": {
            200: {
                "description": "The response; with `stream`, its events as data lines.",
                "content": {**_json(_RESPONSE), **stream},
            },
            **errors(*(each for each in _WORDS if each != 404)),
        },
        "openapi_extra": {
            "requestBody": {"required": True, "content": _json(_REQUEST)},
            "parameters": [
                {
                    "name": "Idempotency-Key",
                    "in": "header",
                    "required": False,
                    "schema": _TEXT,
                    "description": "The id of the request, where custom_inputs has none.",
                },
                *_path_parameters(path),
            ],
        },
    }


def retrieve(path: str) -> dict[str, Any]:
    """Describe a path for the answer of an earlier request."""
    stream = {"text/event-stream": {"schema": _TEXT}}
    return {
        "operation_id": f"retrieve{_identifier(path)}",
        "summary": "The response of an earlier request",
        "tags": ["responses"],
        "responses": {
            200: {
                "description": "The response as it stands; with `stream`, its events.",
                "content": {**_json(_RESPONSE), **stream},
            },
            **errors(400, 401, 404, 500, 503),
        },
    }


def download(path: str) -> dict[str, Any]:
    """Describe a path for the file behind an answer."""
    return {
        "operation_id": f"download{_identifier(path)}",
        "summary": "The full result behind a response",
        "tags": ["responses"],
        "response_class": Response,
        "responses": {
            200: {
                "description": "CSV with all rows; it is whole if the connection ends in order.",
                "content": {"text/csv": {"schema": _TEXT}},
            },
            **errors(401, 404, 500, 502, 503),
        },
    }


def cancel(path: str) -> dict[str, Any]:
    """Describe a path for the end of a response in the background."""
    return {
        "operation_id": f"cancel{_identifier(path)}",
        "summary": "Cancel a response in the background",
        "tags": ["responses"],
        "responses": {
            200: {"description": "The response as it stands.", "content": _json(_RESPONSE)},
            **errors(400, 401, 404, 500, 503),
        },
    }


def _identifier(path: str) -> str:
    return path.replace("/", "_").replace("{response_id}", "id")


def _path_parameters(path: str) -> Sequence[dict[str, Any]]:
    named = {"name": "name", "in": "path", "required": True, "schema": _TEXT}
    return [named] if "{name}" in path else []


def _status(word: str, **properties: JsonSchema) -> JsonSchema:
    shape = {"status": {"const": word}, **properties}
    return {"type": "object", "required": list(shape), "properties": shape}


THREADS: Mapping[str, Any] = {
    "summary": "The caller's threads",
    "tags": ["threads"],
    "responses": errors(400, 401, 500, 503),
}
THREAD: Mapping[str, Any] = {
    "summary": "What was said in the latest turns of a thread",
    "tags": ["threads"],
    "responses": errors(400, 401, 404, 500, 503),
}
DELETE_THREAD: Mapping[str, Any] = {
    "summary": "Delete a thread",
    "tags": ["threads"],
    "responses": errors(400, 401, 403, 404, 409, 500, 503),
}
OPERATIONS: Mapping[str, Any] = {
    "summary": "What the caller has started",
    "tags": ["operations"],
    "responses": errors(400, 401, 500, 503),
}
HEALTH: Mapping[str, Any] = {
    "summary": "Whether the process is alive",
    "tags": ["process"],
    "responses": {200: {"description": "It is.", "content": _json(_status("healthy"))}},
}
_AGENTS: JsonSchema = {"type": "array", "items": _TEXT}
_REASONS: JsonSchema = {
    "type": "array",
    "items": {"type": "object", "properties": {"code": _TEXT, "message": _TEXT}},
}
READY: Mapping[str, Any] = {
    "summary": "Whether a request would be answered, and why not",
    "tags": ["process"],
    "responses": {
        200: {"description": "Yes.", "content": _json(_status("ready", agents=_AGENTS))},
        503: {"description": "No.", "content": _json(_status("not_ready", reasons=_REASONS))},
    },
}
