"""The configured Lakebase, as databricks-langchain's savers and pools take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakevisor.config import LakebaseSettings
from lakevisor.lakebase.idle_check import IdleCheck

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from psycopg import AsyncConnection


def address_of(settings: LakebaseSettings) -> str:
    """Return the configured address for people: an instance, a branch or an endpoint."""
    branch = f"{settings.project}/{settings.branch}" if settings.project else None
    return settings.instance_name or settings.endpoint or branch or ""


def saver_arguments(settings: LakebaseSettings, client: WorkspaceClient) -> dict[str, Any]:
    """Return the keyword arguments for `AsyncCheckpointSaver` and `AsyncLakebasePool`.

    The pool checks each connection before it lends it (`check`): without that, each connection
    that died while idle costs a turn. Its timeout is short, so that a turn without a database
    fails soon and with a reason.
    """
    milliseconds = int(settings.pool.statement_timeout_seconds * 1000)

    async def bound_statements(connection: AsyncConnection[Any]) -> None:
        await connection.execute(f"SET statement_timeout = {milliseconds}")

    return {
        "instance_name": settings.instance_name,
        "project": settings.project,
        "branch": settings.branch,
        "autoscaling_endpoint": settings.endpoint,
        "workspace_client": client,
        "schema": settings.schema_name,
        "min_size": settings.pool.min_size,
        "max_size": settings.pool.max_size,
        "timeout": settings.pool.timeout_seconds,
        "max_lifetime": settings.pool.max_lifetime_seconds,
        "check": IdleCheck(),
        "configure": bound_statements,
    }
