"""Tracing of turns to MLflow, where the configuration asks for it."""

from __future__ import annotations

from lakevisor.config import TracingSettings


def start_tracing(settings: TracingSettings) -> None:
    """Record every turn in the configured MLflow experiment.

    MLflow finds its tracking server as it always does (`MLFLOW_TRACKING_URI`, or the workspace of
    the Databricks credentials in the environment).
    """
    if not settings.enabled or settings.experiment is None:
        return
    import mlflow

    if settings.experiment.isdecimal():
        mlflow.set_experiment(experiment_id=settings.experiment)
    else:
        mlflow.set_experiment(settings.experiment)
    mlflow.langchain.autolog()
