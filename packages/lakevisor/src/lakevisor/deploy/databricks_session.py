"""MLflow and databricks-agents on the configured workspace, for the length of a block.

Both read who they are from the process's environment alone, so it is set here, and put back.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from lakevisor.config import WorkspaceSettings
from lakevisor.errors import DeployExtraMissing

# A uv project in the working directory would be written into the model, and its restore would
# then look for our packages on an index instead of taking the wheels.
_MLFLOW = {"MLFLOW_UV_AUTO_DETECT": "false", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
_LOGINS = (
    "DATABRICKS_HOST",
    "DATABRICKS_TOKEN",
    "DATABRICKS_CLIENT_ID",
    "DATABRICKS_CLIENT_SECRET",
    "DATABRICKS_CONFIG_PROFILE",
    "DATABRICKS_CONFIG_FILE",
)


@contextmanager
def databricks_session(
    settings: WorkspaceSettings, environment: Mapping[str, str]
) -> Iterator[None]:
    """Let MLflow log to the workspace and register in its Unity Catalog inside the block.

    Args:
        settings: how to log in; where they name no way, the environment's own stays.
        environment: for secrets.

    Raises:
        SecretNotFound: a secret is not there.
    """
    login = _login(settings, environment)
    with _environment({**(dict.fromkeys(_LOGINS) if login else {}), **login, **_MLFLOW}):
        import mlflow

        before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
        mlflow.set_tracking_uri("databricks")
        mlflow.set_registry_uri("databricks-uc")
        try:
            yield
        finally:
            mlflow.set_tracking_uri(before[0])
            mlflow.set_registry_uri(before[1])


def require_extra() -> None:
    """Go on only where what deploys a model is installed.

    Raises:
        DeployExtraMissing: with what cannot be imported.
    """
    from importlib.util import find_spec

    missing = [name for name in ("build", "databricks.agents") if not find_spec(name)]
    if missing:
        raise DeployExtraMissing(missing)


def _login(settings: WorkspaceSettings, environment: Mapping[str, str]) -> dict[str, str]:
    secrets = {
        "DATABRICKS_TOKEN": settings.token,
        "DATABRICKS_CLIENT_SECRET": settings.client_secret,
    }
    given = {
        "DATABRICKS_HOST": settings.host,
        "DATABRICKS_CLIENT_ID": settings.client_id,
        "DATABRICKS_CONFIG_PROFILE": settings.profile,
        "DATABRICKS_CONFIG_FILE": settings.config_file and str(settings.config_file),
        **{name: ref and ref.read(environment) for name, ref in secrets.items()},
    }
    return {name: value for name, value in given.items() if value}


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    _set_environment(changes)
    try:
        yield
    finally:
        _set_environment(before)


def _set_environment(values: Mapping[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
