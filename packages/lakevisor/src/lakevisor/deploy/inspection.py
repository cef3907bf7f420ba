"""What is in the workspace already, as far as it says; nothing is changed there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lakevisor.config import Configuration
from lakevisor.deploy.draft import endpoint_name
from lakevisor.errors import LakevisorError, ResourceNotFound
from lakevisor.workspace import connect, translated

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient


@dataclass(frozen=True, kw_only=True)
class Found:
    """One thing that was looked up."""

    exists: bool | None
    """None where it is not known."""
    detail: str = ""
    """What of it matters, or why it is not known."""


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """What a workspace has."""

    host: str | None
    """Its address, where it is known."""
    is_connected: bool
    """Whether it was asked."""
    reason: str
    """Why it was not, or who asked."""
    model: Found
    """The registered model."""
    endpoint: Found
    """The serving endpoint."""
    app: Found
    """The app."""


_NOT_ASKED = Found(exists=None, detail="the workspace was not asked")


def not_asked(configuration: Configuration, reason: str) -> Inspection:
    """Return the inspection of a workspace that was not asked."""
    return Inspection(
        host=configuration.settings.workspace.host,
        is_connected=False,
        reason=reason,
        model=_NOT_ASKED,
        endpoint=_NOT_ASKED,
        app=_NOT_ASKED,
    )


async def inspect_workspace(
    configuration: Configuration, environment: Mapping[str, str]
) -> Inspection:
    """Look up what the deployment names; a workspace that does not answer is one not asked."""
    try:
        connection = await connect(configuration.settings.workspace, environment)
    except LakevisorError as error:
        return not_asked(configuration, error.message)
    deployment, client = configuration.settings.deployment, connection.client
    looks: list[Callable[[], Found]] = [
        lambda: _look(deployment.model.name, lambda name: _latest_version(client, name)),
        lambda: _look(
            endpoint_name(configuration) if deployment.model.name else None,
            lambda name: _served_versions(client.serving_endpoints.get(name)),
        ),
        lambda: _look(deployment.app.name, lambda name: _app_state(client.apps.get(name))),
    ]
    model, endpoint, app = await asyncio.gather(*(asyncio.to_thread(look) for look in looks))
    return Inspection(
        host=connection.host,
        is_connected=True,
        reason=f"as {connection.user_name}",
        model=model,
        endpoint=endpoint,
        app=app,
    )


def _look(name: str | None, ask: Callable[[str], str]) -> Found:
    if name is None:
        return Found(exists=None, detail="not configured")
    try:
        with translated():
            return Found(exists=True, detail=ask(name))
    except ResourceNotFound:
        return Found(exists=False)
    except LakevisorError as error:
        return Found(exists=None, detail=error.message)


def _latest_version(client: WorkspaceClient, name: str) -> str:
    client.registered_models.get(name)
    versions = [each.version or 0 for each in client.model_versions.list(name)]
    return f"latest version {max(versions)}" if versions else "without a version"


def _served_versions(endpoint: Any) -> str:
    config = endpoint.config
    share = {
        route.served_model_name: route.traffic_percentage
        for route in (config and config.traffic_config and config.traffic_config.routes) or ()
    }
    served = [
        f"version {each.entity_version} with {share.get(each.name, 0)} % of the traffic"
        for each in (config and config.served_entities) or ()
    ]
    return f"serves {', '.join(served)}" if served else "serves nothing yet"


def _app_state(app: Any) -> str:
    return f"at {app.url}" if app.url else "without an address yet"
