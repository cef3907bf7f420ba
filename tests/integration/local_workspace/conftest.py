"""MLflow's own client, which takes the local workspace for Databricks."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

_numbers = itertools.count()


@pytest.fixture
def tracked(workspace: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return mlflow with an experiment of its own in the workspace, as the admin."""
    monkeypatch.setenv("DATABRICKS_HOST", workspace.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", workspace.tokens["admin"])
    monkeypatch.setenv("MLFLOW_UV_AUTO_DETECT", "false")
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    import mlflow

    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri("databricks")
    mlflow.set_registry_uri("databricks-uc")
    mlflow.set_experiment(f"/Shared/tracking-{next(_numbers)}")
    yield mlflow
    while mlflow.active_run():
        mlflow.end_run()
    mlflow.set_tracking_uri(before)
    mlflow.set_registry_uri(before)
