"""Deploys apps and keeps them running; the app before runs until the new one listens."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from local_workspace.apps.app_process import AppFailed, AppProcess, start_app
from local_workspace.apps.resources import AppResources
from local_workspace.apps.start_file import Start, WrongStartFile, read_start
from local_workspace.area import Caller
from local_workspace.documents import Documents, now
from local_workspace.environments import BuildFailed, Environments
from local_workspace.errors import ApiError
from local_workspace.settings import Settings

_PASSED_ON = ("LANG", "LD_LIBRARY_PATH", "NO_PROXY", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "TZ")
_REQUIREMENTS = "requirements.txt"
log = logging.getLogger(__name__)


class Runner:
    """The processes of all apps, and the tasks that deploy them."""

    def __init__(
        self,
        settings: Settings,
        apps: Documents,
        *,
        resources: AppResources,
        environments: Environments,
        principal: tuple[Caller, str],
        lakebase_host: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._apps = apps
        self._resources = resources
        self._principal, self._secret = principal
        self._lakebase_host = lakebase_host
        self._environments = environments
        self._processes: dict[str, AppProcess] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Start the apps that ran before, and end all at the end."""
        for app in self._apps.all():
            if app["compute"] == "ACTIVE" and app["active"]:
                self.launch(app["name"], self.start(app))
        try:
            yield
        finally:
            for name in list(self._tasks):
                await self._cancel(name)
            await asyncio.gather(*(each.end() for each in self._processes.values()))
            self._processes.clear()

    def folder(self, name: str) -> Path:
        """Return where an app's sources and its log are."""
        return self._settings.data / "apps" / name

    def port(self, name: str) -> int | None:
        """Return the port of a running app; None where it does not run."""
        process = self._processes.get(name)
        return process.port if process is not None and process.is_running else None

    def state(self, app: Mapping[str, Any]) -> tuple[str, str]:
        """Return the state of an app's process in the API's words, and a sentence about it."""
        process = self._processes.get(app["name"])
        if process is not None and process.is_running:
            return "RUNNING", "App has status: App is running"
        if self.is_busy(app["name"]):
            return "DEPLOYING", "App is being started."
        if process is not None:
            return "CRASHED", f"App crashed with status {process.process.returncode}."
        return "UNAVAILABLE", "App status is unavailable."

    def is_busy(self, name: str) -> bool:
        """Whether a deployment or a start is under way."""
        task = self._tasks.get(name)
        return task is not None and not task.done()

    def launch(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Let a deployment or a start go on by itself."""
        self._tasks[name] = asyncio.create_task(work)

    async def deploy(
        self, app: Mapping[str, Any], deployment: dict[str, Any], source: Path
    ) -> None:
        """Copy an app's source, build its environment, start it, and put it in the place."""
        copy = self.folder(app["name"]) / deployment["deployment_id"]
        try:
            await run_in_threadpool(_copy, source, copy)
            process = await self._started(app, deployment)
        # Whatever is wrong, a deployment must not stay in progress for ever.
        except Exception as error:
            if not isinstance(error, ApiError | AppFailed | BuildFailed | WrongStartFile):
                log.exception("The deployment of %s", app["name"])
            status = {"state": "FAILED", "message": f"Error starting app: {error}"}
            self._save(app["name"], pending=None, last={**deployment, "status": status})
            return
        before = self._processes.get(app["name"])
        self._processes[app["name"]] = process
        status = {"state": "SUCCEEDED", "message": "App started successfully"}
        done = {**deployment, "status": status}
        self._save(app["name"], pending=None, active=done, last=done)
        if before is not None:
            await before.end()
        await run_in_threadpool(_remove_others, copy)

    async def start(self, app: Mapping[str, Any]) -> None:
        """Start the active deployment of an app again."""
        try:
            self._processes[app["name"]] = await self._started(app, app["active"])
        except (ApiError, AppFailed, BuildFailed, OSError, WrongStartFile) as error:
            log.warning("The app %s did not start: %s", app["name"], error)

    async def stop(self, name: str) -> None:
        """End an app's process, and whatever is about to start it."""
        await self._cancel(name)
        process = self._processes.pop(name, None)
        if process is not None:
            await process.end()

    async def forget(self, name: str) -> None:
        """End an app and delete its files."""
        await self.stop(name)
        await run_in_threadpool(shutil.rmtree, self.folder(name), ignore_errors=True)

    async def _cancel(self, name: str) -> None:
        task = self._tasks.pop(name, None)
        if task is not None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _started(self, app: Mapping[str, Any], deployment: Mapping[str, Any]) -> AppProcess:
        folder = self.folder(app["name"])
        source, log_file = folder / deployment["deployment_id"], folder / "app.log"
        start = read_start(source, deployment)
        python = await self._environments.ensure(source, log_file)
        return await start_app(
            start.command,
            python=python,
            folder=source,
            log=log_file,
            variables=self._variables(app, start),
        )

    def _variables(self, app: Mapping[str, Any], start: Start) -> dict[str, str]:
        """Return what the app finds in its environment, as on the platform."""
        home = self.folder(app["name"]) / "home"
        home.mkdir(exist_ok=True)
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "HOME": str(home),
            "PYTHONUNBUFFERED": "1",
            "DATABRICKS_APP_NAME": app["name"],
            "DATABRICKS_APP_URL": app["url"],
            "DATABRICKS_CLIENT_ID": self._principal.user_name,
            "DATABRICKS_CLIENT_SECRET": self._secret,
            "DATABRICKS_HOST": self._settings.url,
            "DATABRICKS_WORKSPACE_ID": self._settings.workspace_id,
            **self._database(app),
            **{each["name"]: self._value(app, each) for each in start.variables},
        }

    def _database(self, app: Mapping[str, Any]) -> dict[str, str]:
        """Return what libpq reads, for an app with a database among its resources."""
        for resource in app["resources"]:
            database = resource.get("database") or resource.get("postgres")
            if database:
                return {
                    "PGAPPNAME": app["name"],
                    "PGDATABASE": database.get("database_name") or "databricks_postgres",
                    "PGHOST": self._lakebase_host(),
                    "PGPORT": "5432",
                    "PGSSLMODE": "require",
                    "PGUSER": self._principal.user_name,
                }
        return {}

    def _value(self, app: Mapping[str, Any], variable: Mapping[str, str]) -> str:
        if "value" in variable:
            return variable["value"]
        for resource in app["resources"]:
            if resource["name"] == variable["value_from"]:
                return self._resources.value(self._principal, resource)
        raise WrongStartFile(
            f"{variable['name']}: the app has no resource {variable['value_from']!r}."
        )

    def _save(self, name: str, **facts: Any) -> None:
        app = self._apps.get(name)
        if app is not None:
            self._apps.put(name, {**app, **facts, "updated": now()})


def _copy(source: Path, copy: Path) -> None:
    shutil.copytree(source, copy)
    (copy / _REQUIREMENTS).touch()


def _remove_others(kept: Path) -> None:
    for folder in kept.parent.iterdir():
        if folder.is_dir() and folder != kept and folder.name != "home":
            shutil.rmtree(folder, ignore_errors=True)
