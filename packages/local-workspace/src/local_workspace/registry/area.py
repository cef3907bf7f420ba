"""The area of Unity Catalog's models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from local_workspace.calls import call_routes
from local_workspace.database import Database
from local_workspace.registry.catalog_calls import CatalogCalls
from local_workspace.registry.catalogs import Catalogs, Tables
from local_workspace.registry.mlflow_calls import MlflowCalls
from local_workspace.registry.models import Models
from local_workspace.settings import Settings
from local_workspace.tracking import Tracking


class Registry:
    """What `mlflow.set_registry_uri("databricks-uc")` talks to."""

    def __init__(
        self, settings: Settings, database: Database, *, tracking: Tracking, tables: Tables
    ) -> None:
        self._catalogs = Catalogs(database, tables)
        self.models = Models(database, self._catalogs, folder=settings.artifacts / "models")
        self._mlflow = MlflowCalls(self.models, tracking.logged_models)
        self._catalog = CatalogCalls(self.models)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of both clients."""
        calls = {**self._catalogs.calls(), **self._catalog.calls()}
        return [
            *call_routes("/api/2.0/mlflow/unity-catalog", self._mlflow.calls()),
            *call_routes("/api/2.1/unity-catalog", calls),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: the registry is tables and files."""
        yield
