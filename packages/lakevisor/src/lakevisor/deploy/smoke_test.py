"""One question to a version that was just deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx

from lakevisor.deploy.served_versions import ServedVersion, ServingEndpoint

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient

REQUEST_SECONDS = 297.0
"""What Model Serving gives a request; the first one to a new version connects to everything."""


class NoAnswer(Exception):
    """The version did not answer."""


def ask(
    client: WorkspaceClient, endpoint: ServingEndpoint, version: ServedVersion, question: str
) -> str:
    """Ask exactly this version, once, and return its answer.

    Not with the SDK's own requests: it sends one that failed again for minutes, while people have
    the new version.

    Raises:
        NoAnswer: with the reason.
    """
    path = f"/serving-endpoints/{endpoint.name}/served-models/{version.served_name}/invocations"
    body = {
        "input": [{"role": "user", "content": question}],
        "custom_inputs": {"request_id": f"smoke-{uuid4().hex}"},
    }
    try:
        answer = httpx.post(
            f"{client.config.host}{path}",
            json=body,
            headers=client.config.authenticate(),
            timeout=REQUEST_SECONDS,
        )
        found = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}.") from error
    if answer.is_error:
        raise NoAnswer(f"status {answer.status_code}, {_reason(found)}")
    text = "\n".join(_texts(found)) if isinstance(found, Mapping) else ""
    if not text.strip():
        raise NoAnswer("the answer has no text.")
    return text


def _reason(found: Any) -> str:
    message = found.get("message") if isinstance(found, Mapping) else None
    return str(message or found)


def _texts(answer: Mapping[str, Any]) -> Iterator[str]:
    for item in answer.get("output") or ():
        if item.get("type") == "message":
            for part in item.get("content") or ():
                if part.get("type") == "output_text":
                    yield str(part.get("text") or "")
