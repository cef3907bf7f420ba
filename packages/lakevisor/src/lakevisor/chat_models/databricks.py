"""The chat model behind a Model Serving endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakevisor.config import ModelSettings

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from langchain_core.language_models import BaseChatModel


def build_chat_model(settings: ModelSettings, client: WorkspaceClient) -> BaseChatModel:
    """Return `ChatDatabricks` for the configured endpoint; it connects at its first call.

    The import takes seconds; call it beside the event loop.
    """
    from databricks_langchain import ChatDatabricks

    model: BaseChatModel = ChatDatabricks(
        model=settings.endpoint,
        workspace_client=client,
        max_tokens=settings.max_tokens,
        temperature=settings.temperature,
        timeout=settings.timeout_seconds,
        extra_params=dict(settings.extra_params),
    )
    return model
