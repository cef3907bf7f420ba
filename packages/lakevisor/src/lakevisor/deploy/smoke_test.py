"""One question to a version that was just deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from lakevisor.deploy.served_versions import ServedVersion, ServingEndpoint
from lakevisor.errors import WorkspaceError
from lakevisor.workspace import translated

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient


class NoAnswer(Exception):
    """The version did not answer."""


def ask(
    client: WorkspaceClient, endpoint: ServingEndpoint, version: ServedVersion, question: str
) -> str:
    """Ask exactly this version, and return its answer.

    The request has an id of its own: a client that sends it again after a lost answer starts no
    second turn.

    Raises:
        NoAnswer: with the reason.
    """
    path = f"/serving-endpoints/{endpoint.name}/served-models/{version.served_name}/invocations"
    body = {
        "input": [{"role": "user", "content": question}],
        "custom_inputs": {"request_id": f"smoke-{uuid4().hex}"},
    }
    try:
        with translated():
            answer = client.api_client.do("POST", path, body=body)
    except WorkspaceError as error:
        raise NoAnswer(error.message) from error
    text = "\n".join(_texts(answer)) if isinstance(answer, Mapping) else ""
    if not text.strip():
        raise NoAnswer("the answer has no text.")
    return text


def _texts(answer: Mapping[str, Any]) -> Iterator[str]:
    for item in answer.get("output") or ():
        if item.get("type") == "message":
            for part in item.get("content") or ():
                if part.get("type") == "output_text":
                    yield str(part.get("text") or "")
