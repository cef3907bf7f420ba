"""Brings an endpoint from one config to the next; the old one serves until the new one is ready."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from local_workspace.documents import Documents, now
from local_workspace.model_serving.model_servers import BuildFailed, ModelServers, StartFailed

READY = {"deployment": "DEPLOYMENT_READY", "deployment_state_message": ""}
IN_PROGRESS, NOT_UPDATING, FAILED = "IN_PROGRESS", "NOT_UPDATING", "UPDATE_FAILED"
log = logging.getLogger(__name__)


class Rollouts:
    """One task for each endpoint that is being updated."""

    def __init__(self, endpoints: Documents, servers: ModelServers) -> None:
        self._endpoints = endpoints
        self._servers = servers
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go on with what a stopped server has left, and end all processes at the end."""
        refreshing = asyncio.create_task(self._servers.keep_credentials_fresh())
        for endpoint in self._endpoints.all():
            self._launch(endpoint["name"], self._resume(endpoint["name"]))
        try:
            yield
        finally:
            for task in [refreshing, *self._tasks.values()]:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self._servers.close()

    def begin(self, endpoint: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
        """Begin an update to a config and return the endpoint."""
        version = int((endpoint.get("config") or {}).get("config_version", 0)) + 1
        pending = {**config, "config_version": version, "start_time": now()}
        changed = {**endpoint, "pending": pending, "update": IN_PROGRESS, "updated": now()}
        self._endpoints.put(endpoint["name"], changed)
        self._launch(endpoint["name"], self._roll(endpoint["name"]))
        return changed

    async def abandon(self, endpoint: Mapping[str, Any]) -> None:
        """End an endpoint's update and its processes."""
        task = self._tasks.pop(endpoint["name"], None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await self._servers.end_all(endpoint, but=set())

    def _launch(self, name: str, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks[name] = task
        task.add_done_callback(_report)

    async def _resume(self, name: str) -> None:
        """After a start of the server: what had traffic runs again, then what was begun goes on."""
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            return
        for entity in serving(endpoint):
            try:
                await self._servers.ensure(endpoint, entity)
            except (BuildFailed, StartFailed) as error:
                # the next request tries again, and says so
                log.warning("%s of endpoint %s: %s", entity["name"], name, error)
        if endpoint["update"] == IN_PROGRESS:
            await self._roll(name)

    async def _roll(self, name: str) -> None:
        endpoint = self._endpoints.get(name)
        assert endpoint is not None
        entities = endpoint["pending"]["served_entities"]
        for position, entity in enumerate(entities):
            try:
                await self._servers.ensure(endpoint, entity)
            # Whatever is wrong, an endpoint must not stay in an update that nobody goes on with.
            except Exception as error:
                if not isinstance(error, BuildFailed | StartFailed):
                    log.exception("%s of endpoint %s", entity["name"], name)
                message = f"Served entity creation failed: {error}"
                entities[position] = {
                    **entity,
                    "state": {
                        "deployment": "DEPLOYMENT_FAILED",
                        "deployment_state_message": message,
                    },
                }
                self._save(name, pending=endpoint["pending"], update=FAILED)
                return
            entities[position] = {**entity, "state": READY}
            self._save(name, pending=endpoint["pending"])
        config = {key: each for key, each in endpoint["pending"].items() if key != "start_time"}
        endpoint = self._save(name, config=config, pending=None, update=NOT_UPDATING)
        kept = {self._servers.folder(endpoint, entity) for entity in entities}
        await self._servers.end_all(endpoint, but=kept)

    def _save(self, name: str, **facts: Any) -> dict[str, Any]:
        """Write what changed; tags and the like may have been changed meanwhile."""
        endpoint = {**(self._endpoints.get(name) or {}), **facts, "updated": now()}
        self._endpoints.put(name, endpoint)
        return endpoint


def serving(endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the entities of an endpoint that have traffic."""
    config = endpoint.get("config")
    if config is None:
        return []
    shares = {
        route["served_model_name"]: route["traffic_percentage"]
        for route in config["traffic_config"]["routes"]
    }
    return [each for each in config["served_entities"] if shares.get(each["name"])]


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("The update of an endpoint broke off", exc_info=task.exception())
