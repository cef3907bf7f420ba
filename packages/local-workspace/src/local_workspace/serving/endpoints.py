"""The serving endpoints of the workspace, as the API describes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from local_workspace.errors import NotFound

NAMES = (
    "databricks-claude-opus-4-6",
    "databricks-claude-sonnet-4-6",
    "databricks-claude-sonnet-4-5",
    "databricks-claude-sonnet-4",
    "databricks-claude-3-7-sonnet",
    "databricks-claude-haiku-4-5",
    "databricks-gpt-oss-120b",
    "databricks-meta-llama-3-3-70b-instruct",
)
"""Names of pay-per-token endpoints that every workspace has; here one model stands behind all."""

EMBEDDING_NAMES = ("databricks-bge-large-en", "databricks-gte-large-en")
"""The same, of those that turn texts into vectors."""

_CREATED = 1735689600000


def described(name: str) -> dict[str, Any]:
    """Return what the API says about an endpoint.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in (*NAMES, *EMBEDDING_NAMES):
        raise NotFound(f"Endpoint with name '{name}' does not exist.")
    entity = {
        "name": name,
        "foundation_model": {"name": f"system.ai.{name}", "display_name": name},
    }
    return {
        "name": name,
        "id": name,
        "creator": "System",
        "creation_timestamp": _CREATED,
        "last_updated_timestamp": _CREATED,
        "state": {"ready": "READY", "config_update": "NOT_UPDATING"},
        "config": {"served_entities": [entity]},
        "task": "llm/v1/embeddings" if name in EMBEDDING_NAMES else "llm/v1/chat",
        "permission_level": "CAN_QUERY",
    }


def check_exists(name: object, *, among: Sequence[str] = NAMES) -> None:
    """Refuse a request to a model that is not served, as the gateway does.

    Raises:
        NotFound: there is no endpoint of that name.
    """
    if name not in among:
        raise NotFound(
            "The given endpoint does not exist, please retry after checking the specified model "
            "and version deployment exists."
        )
