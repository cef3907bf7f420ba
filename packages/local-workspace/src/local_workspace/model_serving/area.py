"""The area of served models."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from starlette.routing import BaseRoute

from local_workspace.database import Database
from local_workspace.documents import Documents
from local_workspace.environments import Environments
from local_workspace.identity import Identity
from local_workspace.model_serving.endpoints import Endpoints
from local_workspace.model_serving.invocations import Invocations
from local_workspace.model_serving.model_servers import ModelServers
from local_workspace.registry import Models
from local_workspace.secret_scopes import SecretScopes
from local_workspace.settings import Settings


class ModelServing:
    """Endpoints that serve versions of registered models, as processes on this machine."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        models: Models,
        environments: Environments,
        secrets: SecretScopes,
        identity: Identity,
    ) -> None:
        servers = ModelServers(
            settings,
            models=models,
            environments=environments,
            secrets=secrets,
            identity=identity,
        )
        documents = Documents(database, "serving_endpoint")
        self.endpoints = Endpoints(database, documents, models=models, servers=servers)
        self.invocations = Invocations(documents, self.endpoints, servers)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of endpoints and of the models behind them."""
        return [*self.endpoints.routes(), *self.invocations.routes()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the models' processes running, and go on with updates."""
        async with self.invocations.running(), self.endpoints.rollouts.running():
            yield
