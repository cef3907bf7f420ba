"""Apps and their deployments as the API describes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_workspace.area import Caller

_COMPUTE = {"ACTIVE": "App compute is active.", "STOPPED": "App compute is stopped."}


def app_view(
    app: Mapping[str, Any], *, state: tuple[str, str], principal: Caller
) -> dict[str, Any]:
    """Return what the API says of an app.

    Args:
        app: As it is kept.
        state: Of its process, and a sentence about it.
        principal: As which it runs.
    """
    scopes = app.get("user_api_scopes") or []
    view = {
        "name": app["name"],
        "id": app["id"],
        "description": app.get("description") or "",
        "url": app["url"],
        "creator": app["creator"],
        "create_time": _time(app["created"]),
        "update_time": _time(app["updated"]),
        "resources": app["resources"],
        "user_api_scopes": scopes,
        "effective_user_api_scopes": scopes,
        "compute_status": {"state": app["compute"], "message": _COMPUTE[app["compute"]]},
        "app_status": {"state": state[0], "message": state[1]},
        "service_principal_client_id": principal.user_name,
        "service_principal_id": principal.user_id,
        "service_principal_name": principal.display_name,
        "active_deployment": app["active"] and deployment_view(app["active"]),
        "pending_deployment": app["pending"] and deployment_view(app["pending"]),
        "default_source_code_path": (app["active"] or {}).get("source_code_path"),
        "budget_policy_id": app.get("budget_policy_id"),
    }
    return {key: value for key, value in view.items() if value is not None}


def deployment_view(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the API says of a deployment."""
    view = {
        "deployment_id": deployment["deployment_id"],
        "source_code_path": deployment["source_code_path"],
        "mode": "SNAPSHOT",
        "creator": deployment["creator"],
        "create_time": _time(deployment["created"]),
        "update_time": _time(deployment["created"]),
        "command": deployment["command"],
        "env_vars": deployment["env_vars"],
        "status": deployment["status"],
    }
    return {key: value for key, value in view.items() if value is not None}


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
