"""`/api/2.0/serving-endpoints/...`: endpoints with models of one's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.access_lists import AccessLists, Kind
from local_workspace.area import Caller, caller_of, json_body
from local_workspace.calls import Call, Given, call_routes, listed, text
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import AlreadyExists, ApiError, InvalidParameter, NotFound
from local_workspace.model_serving import configs
from local_workspace.model_serving.model_servers import ModelServers
from local_workspace.model_serving.rollouts import IN_PROGRESS, Rollouts
from local_workspace.registry import Models

_LEVELS = ("CAN_VIEW", "CAN_QUERY", "CAN_MANAGE")
_LOG_BYTES = 1_000_000


class Conflict(ApiError):
    """The endpoint is being updated."""

    status = 409
    error_code = "RESOURCE_CONFLICT"


class Endpoints:
    """Makes, shows, changes and deletes endpoints."""

    def __init__(
        self, database: Database, documents: Documents, *, models: Models, servers: ModelServers
    ) -> None:
        self.rollouts = Rollouts(documents, servers)
        self.access = AccessLists(database, Kind("serving-endpoints", "serving-endpoint", _LEVELS))
        self._documents = documents
        self._models = models
        self._servers = servers

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes that change endpoints, and those of their logs and permissions."""
        one = "{name}"
        calls: dict[tuple[str, str], Call] = {
            ("PATCH", f"{one}/tags"): self._tags,
            ("PATCH", f"{one}/description"): self._describe,
            ("PATCH", f"{one}/budget-policy"): self._set_budget_policy,
            ("PUT", f"{one}/ai-gateway"): self._set_gateway,
            ("GET", f"{one}/served-models/{{entity}}/build-logs"): self._build_log,
            ("GET", f"{one}/served-models/{{entity}}/logs"): self._server_log,
        }
        prefix = "/api/2.0/serving-endpoints"
        return [
            # these start tasks, or await them, and so are coroutines of their own
            Route(prefix, self._create, methods=["POST"]),
            Route(f"{prefix}/{one}/config", self._update, methods=["PUT"]),
            Route(f"{prefix}/{one}", self._delete, methods=["DELETE"]),
            *call_routes(prefix, calls),
            *self.access.routes(),
        ]

    def seen(self, caller: Caller) -> list[dict[str, Any]]:
        """Return what the API says about each endpoint that the caller may see."""
        return [
            self._view(caller, each)
            for each in self._documents.all()
            if self.access.level(caller, each["id"]) is not None
        ]

    def shown(self, caller: Caller, name: str) -> dict[str, Any] | None:
        """Return what the API says about an endpoint; None where there is none of that name.

        Raises:
            PermissionDenied: the caller may not see it.
        """
        if self._documents.get(name) is None:
            return None
        return self._view(caller, self.require(caller, name, "CAN_VIEW"))

    def require(self, caller: Caller, name: str, level: str) -> dict[str, Any]:
        """Return an endpoint on which the caller has at least this level.

        Raises:
            NotFound: there is none of that name.
            PermissionDenied: the caller may not.
        """
        endpoint = self._documents.get(name)
        if endpoint is None:
            raise NotFound(f"Endpoint with name '{name}' does not exist.")
        self.access.require(caller, level, endpoint["id"])
        return endpoint

    async def _create(self, request: Request) -> Response:
        caller, given = caller_of(request), await json_body(request)
        name = text(given, "name")
        configs.check_name(name)
        if self._documents.get(name) is not None:
            raise AlreadyExists(f"Endpoint with name '{name}' already exists.", status=400)
        config = configs.checked(caller, given.get("config") or {}, self._models)
        endpoint: dict[str, Any] = {
            "name": name,
            "id": uuid4().hex,
            "creator": caller.user_name,
            "created": now(),
            "updated": now(),
            "description": given.get("description") or "",
            "budget_policy_id": given.get("budget_policy_id"),
            "ai_gateway": given.get("ai_gateway"),
            "tags": {tag["key"]: tag.get("value", "") for tag in listed(given, "tags")},
            "config": None,
        }
        self.access.add(endpoint["id"], owner=caller.user_name)
        return JSONResponse(self._view(caller, self.rollouts.begin(endpoint, config)))

    async def _update(self, request: Request) -> Response:
        caller, given = caller_of(request), await json_body(request)
        endpoint = self.require(caller, request.path_params["name"], "CAN_MANAGE")
        if endpoint["update"] == IN_PROGRESS:
            raise Conflict(f"Endpoint '{endpoint['name']}' is currently updating.")
        known = (endpoint["config"] or {}).get("served_entities", ())
        config = configs.checked(caller, given, self._models, known=known)
        return JSONResponse(self._view(caller, self.rollouts.begin(endpoint, config)))

    async def _delete(self, request: Request) -> Response:
        endpoint = self.require(caller_of(request), request.path_params["name"], "CAN_MANAGE")
        self._documents.delete(endpoint["name"])
        self.access.remove(endpoint["id"])
        await self.rollouts.abandon(endpoint)
        return JSONResponse({})

    def _tags(self, caller: Caller, given: Given) -> Any:
        endpoint = self.require(caller, given["name"], "CAN_MANAGE")
        added = {tag["key"]: tag.get("value", "") for tag in listed(given, "add_tags")}
        gone = set(listed(given, "delete_tags"))
        tags = {key: value for key, value in endpoint["tags"].items() if key not in gone} | added
        self._documents.put(endpoint["name"], {**endpoint, "tags": tags})
        return {"tags": _tags_view(tags)}

    def _describe(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._change(caller, given, "description")

    def _set_budget_policy(self, caller: Caller, given: Given) -> dict[str, Any]:
        return self._change(caller, given, "budget_policy_id")

    def _change(self, caller: Caller, given: Given, what: str) -> dict[str, Any]:
        endpoint = self.require(caller, given["name"], "CAN_MANAGE")
        changed = {**endpoint, what: given.get(what), "updated": now()}
        self._documents.put(endpoint["name"], changed)
        return self._view(caller, changed)

    def _set_gateway(self, caller: Caller, given: Given) -> dict[str, Any]:
        endpoint = self.require(caller, given["name"], "CAN_MANAGE")
        gateway = {key: value for key, value in given.items() if key != "name"}
        self._documents.put(endpoint["name"], {**endpoint, "ai_gateway": gateway})
        return gateway

    def _build_log(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"logs": self._log(caller, given, "build.log")}

    def _server_log(self, caller: Caller, given: Given) -> dict[str, Any]:
        return {"logs": self._log(caller, given, "server.log")}

    def _log(self, caller: Caller, given: Given, file_name: str) -> str:
        endpoint = self.require(caller, given["name"], "CAN_MANAGE")
        for config in (endpoint["pending"], endpoint["config"]):
            for entity in (config or {}).get("served_entities", ()):
                if entity["name"] == given["entity"]:
                    file = self._servers.folder(endpoint, entity) / file_name
                    content = file.read_bytes() if file.exists() else b""
                    return content[-_LOG_BYTES:].decode("utf-8", errors="replace")
        raise InvalidParameter(
            f"Served entity '{given['entity']}' does not exist in endpoint '{given['name']}'.",
            error_code="RESOURCE_DOES_NOT_EXIST",
            status=404,
        )

    def _view(self, caller: Caller, endpoint: Mapping[str, Any]) -> dict[str, Any]:
        view = {
            "name": endpoint["name"],
            "id": endpoint["id"],
            "creator": endpoint["creator"],
            "creation_timestamp": endpoint["created"],
            "last_updated_timestamp": endpoint["updated"],
            "description": endpoint["description"],
            "budget_policy_id": endpoint["budget_policy_id"],
            "ai_gateway": endpoint["ai_gateway"],
            "tags": _tags_view(endpoint["tags"]),
            "state": {
                "ready": "READY" if endpoint["config"] else "NOT_READY",
                "config_update": endpoint["update"],
            },
            "config": endpoint["config"],
            "pending_config": endpoint["pending"],
            "permission_level": self.access.level(caller, endpoint["id"]),
        }
        return {key: value for key, value in view.items() if value is not None}


def _tags_view(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]
