"""The configuration of one workspace as it travels: all layers in one, without this machine's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any

from lakevisor.config import Configuration, SecretRef, WorkspaceSettings, is_secret_name

CLIENT_SECRET = "DATABRICKS_CLIENT_SECRET"  # noqa: S105 - a variable's name
"""Where `deployment.model.client_id` finds its secret; on the platform, and in the secret scope."""
_STAYS_HERE = ("host", "profile", "config_file", "token", "client_id", "client_secret", "start")
"""How one logs in from this machine; a deployment has an identity of its own."""


class Target(StrEnum):
    """Where a supervisor is deployed to."""

    MODEL = "model"
    APP = "app"


def deployed_tree(
    configuration: Configuration, target: Target, *, host: str, has_user_policy: bool = False
) -> dict[str, Any]:
    """Return the values that travel, as plain YAML would hold them; secrets as references.

    Args:
        configuration: of the workspace.
        target: an app acts as its own service principal, a model as the configured one.
        host: the workspace's address; an app is told by its platform and takes none.
        has_user_policy: whether the model is given people's own tokens, which say who asks.
    """
    tree: dict[str, Any] = configuration.tree.plain()
    tree.pop("deployment", None)
    workspace = {
        key: value for key, value in tree.get("workspace", {}).items() if key not in _STAYS_HERE
    }
    identity = "proxy"
    if target is Target.MODEL:
        identity = "model_serving" if has_user_policy else "self"
        workspace |= _login_of_model(configuration, host)
    serving = {**tree.get("serving", {}), "identity": identity}
    return {**tree, "workspace": workspace, "serving": serving}


def required_secrets(tree: Mapping[str, Any]) -> list[str]:
    """Return the names of the environment variables that the values refer to, sorted."""
    texts = (text for _, text in _texts(tree))
    return sorted({text.removeprefix("env:") for text in texts if text.startswith("env:")})


def stranded_secrets(tree: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each secret that cannot travel."""
    problems = []
    for key, text in _texts(tree):
        if text.startswith("file:"):
            problems.append(f"{key}: {text} is a file of this machine; write env:NAME instead.")
        elif is_secret_name(key) and not text.startswith("env:"):
            problems.append(f"{key} would travel in clear; write env:NAME instead.")
    return problems


def principal_of_model(configuration: Configuration) -> tuple[str, SecretRef] | None:
    """Return the service principal that the served model acts as, if one is configured."""
    settings = configuration.settings
    if settings.deployment.model.client_id:
        secret = SecretRef(source="env", name=CLIENT_SECRET)
        return settings.deployment.model.client_id, secret
    workspace: WorkspaceSettings = settings.workspace
    if workspace.client_id and workspace.client_secret:
        return workspace.client_id, workspace.client_secret
    return None


def _login_of_model(configuration: Configuration, host: str) -> dict[str, str]:
    principal = principal_of_model(configuration)
    if principal is None:
        return {}
    client_id, secret = principal
    return {"host": host, "client_id": client_id, "client_secret": str(secret)}


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _texts(below, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, str):
        yield key, value
