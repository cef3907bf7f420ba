"""What databricks-agents notes of a deployment: `/api/2.0/agents/deployments`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from starlette.routing import BaseRoute

from local_workspace.area import Caller
from local_workspace.calls import Call, Given, call_routes, listed, text
from local_workspace.database import Database
from local_workspace.documents import Documents
from local_workspace.errors import NotFound, PermissionDenied
from local_workspace.registry import Models
from local_workspace.settings import Settings

_FACTS = (
    "model_name",
    "model_version",
    "endpoint_name",
    "served_entity_name",
    "query_endpoint",
    "workspace_url",
)


class AgentDeployments:
    """Which version of which model an endpoint was made for; the endpoint itself is elsewhere."""

    def __init__(self, settings: Settings, database: Database, models: Models) -> None:
        self._url = settings.url
        self._deployments = Documents(database, "agent_deployment")
        self._reviews = Documents(database, "agent_review")
        self._models = models

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of deployments, and of what reviewers are told."""
        of_model, of_version = "{model_name}", "{model_name}/versions/{model_version}"
        calls: dict[tuple[str, str], Call] = {
            ("GET", of_model): self._of_model,
            ("GET", of_version): self._of_model,
            ("DELETE", of_model): self._delete,
            ("DELETE", of_version): self._delete,
            ("GET", f"{of_model}/instructions"): self._instructions,
            ("POST", f"{of_model}/instructions"): self._review,
            ("GET", f"{of_model}/artifacts"): self._artifacts,
            ("POST", f"{of_model}/artifacts"): self._review,
        }
        all_calls: dict[tuple[str, str], Call] = {
            ("GET", "deployments"): self._all,
            ("POST", "deployments"): self._add,
        }
        return [
            *call_routes("/api/2.0/agents", all_calls),
            *call_routes("/api/2.0/agents/deployments", calls),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold nothing: deployments are a table."""
        yield

    def _add(self, caller: Caller, given: Given) -> dict[str, Any]:
        deployment = {name: text(given, name) for name in _FACTS}
        model = self._models.require(caller, deployment["model_name"], "EXECUTE")
        self._models.version(model["name"], deployment["model_version"])
        endpoint = deployment["endpoint_name"]
        # the client wants an address; there is no review app behind it
        deployment["review_app_url"] = f"{self._url}/ml/review-v2/chat?endpoint={endpoint}"
        key = f"{model['name']}/{deployment['model_version']}"
        self._deployments.put(key, deployment, parent=model["name"])
        return {"deployed_chain": deployment}

    def _all(self, caller: Caller, _: Given) -> dict[str, Any]:
        found = []
        for deployment in self._deployments.all():
            try:
                self._models.require(caller, deployment["model_name"], "EXECUTE")
            except (NotFound, PermissionDenied):
                continue
            found.append(deployment)
        return {"chain_deployments": found}

    def _of_model(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"chain_deployments": self._found(caller, given, "EXECUTE")}

    def _delete(self, caller: Caller, given: Given) -> dict[str, Any]:
        for deployment in self._found(caller, given, "MANAGE"):
            name = deployment["model_name"].lower()
            self._deployments.delete(f"{name}/{deployment['model_version']}")
        return {}

    def _found(self, caller: Caller, given: Given, privilege: str) -> list[dict[str, Any]]:
        model = self._models.require(caller, given["model_name"], privilege)
        wanted = given.get("model_version")
        return [
            each
            for each in self._deployments.of(model["name"])
            if wanted is None or each["model_version"] == str(wanted)
        ]

    def _review(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = self._models.require(caller, given["model_name"], "MANAGE")["name"]
        told = {key: given[key] for key in ("instructions", "artifacts") if key in given}
        self._reviews.put(name, {**(self._reviews.get(name) or {}), **told})
        return {}

    def _instructions(self, caller: Caller, given: Given) -> dict[str, Any]:
        instructions = self._told(caller, given).get("instructions")
        return {} if instructions is None else {"instructions": instructions}

    def _artifacts(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"artifacts": listed(self._told(caller, given), "artifacts")}

    def _told(self, caller: Caller, given: Given) -> dict[str, Any]:
        name = self._models.require(caller, given["model_name"], "EXECUTE")["name"]
        return self._reviews.get(name) or {}
