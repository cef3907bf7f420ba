"""The area of apps: `/api/2.0/apps/...`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local_workspace.access_lists import AccessLists, Kind
from local_workspace.apps.gateway import Gateway
from local_workspace.apps.resources import AppResources
from local_workspace.apps.runner import Runner
from local_workspace.apps.views import app_view, deployment_view
from local_workspace.area import Caller, caller_of, json_body
from local_workspace.calls import listed, text
from local_workspace.database import Database
from local_workspace.documents import Documents, now
from local_workspace.errors import AlreadyExists, ApiError, InvalidParameter, NotFound
from local_workspace.identity import Identity
from local_workspace.settings import Settings
from local_workspace.storage import WorkspaceFiles

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,28}[a-z0-9])?")
_LEVELS = ("CAN_USE", "CAN_MANAGE")
_CHANGEABLE = ("description", "resources", "user_api_scopes", "budget_policy_id")
Answer = Callable[[Caller, dict[str, Any]], Coroutine[Any, Any, Mapping[str, Any]]]


class Apps:
    """Makes apps, deploys what stands in the workspace's files, and lets people in."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        apps: Documents,
        identity: Identity,
        files: WorkspaceFiles,
        resources: AppResources,
        runner: Runner,
        principal: Caller,
    ) -> None:
        self._settings = settings
        self._apps = apps
        self._deployments = Documents(database, "app_deployment")
        self._access = AccessLists(database, Kind("apps", "app", _LEVELS))
        self._identity = identity
        self._files = files
        self._resources = resources
        self._runner = runner
        self._principal = principal
        self._gateways: dict[str, Gateway] = {}

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of apps, their deployments and their permissions."""
        root, one = "/api/2.0/apps", "/api/2.0/apps/{name}"
        calls: dict[tuple[str, str], Answer] = {
            ("GET", root): self._list,
            ("POST", root): self._create,
            ("GET", one): self._get,
            ("PATCH", one): self._update,
            ("DELETE", one): self._delete,
            ("POST", f"{one}/start"): self._start,
            ("POST", f"{one}/stop"): self._stop,
            ("GET", f"{one}/deployments"): self._list_deployments,
            ("POST", f"{one}/deployments"): self._deploy,
            ("GET", f"{one}/deployments/{{deployment_id}}"): self._get_deployment,
        }
        routes = [_route(method, path, answer) for (method, path), answer in calls.items()]
        return [*routes, *self._access.routes()]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let the apps that there are be reached, and run those that ran."""
        for app in self._apps.all():
            self._open(app)
        try:
            async with self._runner.running():
                yield
        finally:
            for gateway in self._gateways.values():
                await gateway.close()

    def _require(self, caller: Caller, given: Mapping[str, Any], level: str) -> dict[str, Any]:
        app = self._apps.get(given["name"])
        if app is None:
            raise NotFound(f"App with name {given['name']} does not exist or is deleted.")
        self._access.require(caller, level, app["name"])
        return app

    def _open(self, app: dict[str, Any]) -> dict[str, Any]:
        """Listen for an app, on the port that it had if that is free."""
        name = app["name"]
        gateway = Gateway(
            self._identity,
            workspace_id=self._settings.workspace_id,
            target=lambda: self._runner.port(name),
            may=lambda caller: self._access.level(caller, name) is not None,
            forwards_token=lambda: bool((self._apps.get(name) or {}).get("user_api_scopes")),
        )
        self._gateways[name] = gateway
        port = gateway.start(app["port"])
        opened = {**app, "port": port, "url": f"http://{self._settings.host}:{port}"}
        self._apps.put(name, opened)
        return opened

    async def _list(self, caller: Caller, _: dict[str, Any]) -> Mapping[str, Any]:
        seen = [
            each
            for each in self._apps.all()
            if self._access.level(caller, each["name"]) is not None
        ]
        return {"apps": [self._view(each) for each in seen]}

    async def _get(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        return self._view(self._require(caller, given, "CAN_USE"))

    async def _create(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        name = text(given, "name")
        if not _NAME.fullmatch(name):
            raise InvalidParameter(
                f"App name '{name}' must have 2 to 30 characters: lowercase letters, digits and "
                "dashes, with a letter or digit first and last."
            )
        if self._apps.get(name) is not None:
            raise AlreadyExists(f"An app with the name '{name}' already exists.")
        await self._grant(caller, listed(given, "resources"))
        app = {
            "name": name,
            "id": str(uuid4()),
            "creator": caller.user_name,
            "created": now(),
            "updated": now(),
            "port": 0,
            "compute": "STOPPED" if given.get("no_compute") in (True, "true") else "ACTIVE",
            "active": None,
            "pending": None,
            "last": None,
            **{key: given.get(key) for key in _CHANGEABLE},
            "resources": listed(given, "resources"),
        }
        self._access.add(name, owner=caller.user_name)
        return self._view(self._open(app))

    async def _grant(self, caller: Caller, resources: Sequence[Mapping[str, Any]]) -> None:
        for resource in resources:
            await self._resources.grant(caller, self._principal.user_name, resource)

    async def _update(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._require(caller, given, "CAN_MANAGE")
        await self._grant(caller, listed(given, "resources"))
        changed = {key: given[key] for key in _CHANGEABLE if key in given}
        return self._view(self._save(app, **changed))

    async def _delete(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._require(caller, given, "CAN_MANAGE")
        view = {**self._view(app), "compute_status": {"state": "DELETING"}}
        self._apps.delete(app["name"])
        self._access.remove(app["name"])
        for deployment in self._deployments.of(app["name"]):
            self._deployments.delete(_key(app["name"], deployment["deployment_id"]))
        await self._gateways.pop(app["name"]).close()
        await self._runner.forget(app["name"])
        return view

    async def _start(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._save(self._require(caller, given, "CAN_MANAGE"), compute="ACTIVE")
        if app["active"] and self._runner.port(app["name"]) is None:
            self._runner.launch(app["name"], self._runner.start(app))
        return self._view(app)

    async def _stop(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._require(caller, given, "CAN_MANAGE")
        await self._runner.stop(app["name"])
        return self._view(self._save(app, compute="STOPPED", pending=None))

    async def _deploy(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._require(caller, given, "CAN_MANAGE")
        if app["compute"] != "ACTIVE":
            raise InvalidParameter(f"Cannot deploy app {app['name']} as its compute is stopped.")
        if self._runner.is_busy(app["name"]):
            message = f"Cannot deploy app {app['name']} as there is a deployment in progress."
            raise ApiError(message, error_code="RESOURCE_CONFLICT", status=409)
        path = text({**(app["active"] or {}), **given}, "source_code_path")
        source = self._files.file(caller, path)
        if not source.is_dir():
            raise NotFound(f"The source code path {path} does not exist.")
        deployment = {
            "deployment_id": uuid4().hex,
            "app": app["name"],
            "source_code_path": path,
            "creator": caller.user_name,
            "created": now(),
            "command": given.get("command"),
            "env_vars": given.get("env_vars"),
            "status": {"state": "IN_PROGRESS", "message": "Building and starting the app"},
        }
        key = _key(app["name"], deployment["deployment_id"])
        self._deployments.put(key, deployment, parent=app["name"])
        app = self._save(app, pending=deployment)
        self._runner.launch(app["name"], self._runner.deploy(app, deployment, source))
        return deployment_view(deployment)

    async def _list_deployments(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._require(caller, given, "CAN_USE")
        found = [self._current(app, each) for each in self._deployments.of(app["name"])[::-1]]
        return {"app_deployments": [deployment_view(each) for each in found]}

    async def _get_deployment(self, caller: Caller, given: dict[str, Any]) -> Mapping[str, Any]:
        app = self._require(caller, given, "CAN_USE")
        found = self._deployments.get(_key(app["name"], given["deployment_id"]))
        if found is None:
            raise NotFound(f"Deployment {given['deployment_id']} does not exist.")
        return deployment_view(self._current(app, found))

    def _current(self, app: Mapping[str, Any], deployment: dict[str, Any]) -> dict[str, Any]:
        """Return a deployment with how it ended, once it has, and keep that."""
        last = app["last"]
        if last is None or last["deployment_id"] != deployment["deployment_id"]:
            return deployment
        self._deployments.put(_key(app["name"], last["deployment_id"]), last, parent=app["name"])
        return dict(last)

    def _save(self, app: Mapping[str, Any], **facts: Any) -> dict[str, Any]:
        changed = {**app, **facts, "updated": now()}
        self._apps.put(changed["name"], changed)
        return changed

    def _view(self, app: Mapping[str, Any]) -> dict[str, Any]:
        return app_view(app, state=self._runner.state(app), principal=self._principal)


def _key(name: str, deployment_id: str) -> str:
    return f"{name}/{deployment_id}"


def _route(method: str, path: str, answer: Answer) -> Route:
    async def endpoint(request: Request) -> Response:
        given = {**request.query_params, **await json_body(request), **request.path_params}
        return JSONResponse(await answer(caller_of(request), given))

    return Route(path, endpoint, methods=[method])
