"""The area of MLflow tracking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from local_workspace.calls import call_routes
from local_workspace.database import Database
from local_workspace.settings import Settings
from local_workspace.storage import Mount, SignedLinks, WorkspaceFiles
from local_workspace.tracking.artifacts import Artifacts
from local_workspace.tracking.experiments import Experiments
from local_workspace.tracking.logged_models import LoggedModels
from local_workspace.tracking.runs import Runs
from local_workspace.tracking.traces import Traces


class Tracking:
    """What `mlflow.set_tracking_uri("databricks")` talks to."""

    def __init__(
        self, settings: Settings, database: Database, *, links: SignedLinks, files: WorkspaceFiles
    ) -> None:
        self._experiments = Experiments(database, files)
        self._runs = Runs(database, self._experiments)
        self._traces = Traces(database, self._experiments)
        self.logged_models = LoggedModels(database, self._experiments)
        self._artifacts = Artifacts(settings, links, runs=self._runs, models=self.logged_models)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of tracking, and of the permissions on experiments."""
        calls = {
            **self._experiments.calls(),
            **self._runs.calls(),
            **self._traces.tag_calls(),
            **self._artifacts.calls(self._traces),
            **self.logged_models.calls(),
        }
        return [
            *call_routes("/api/2.0/mlflow", calls),
            *call_routes("/api/3.0/mlflow", {**self._traces.calls(), **self._traces.tag_calls()}),
            *self._experiments.access.routes(),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: tracking is tables and files."""
        yield

    def mount(self) -> Mount:
        """Return the part of the Files API in which the artifacts are."""
        return self._artifacts.mount(self._experiments)
