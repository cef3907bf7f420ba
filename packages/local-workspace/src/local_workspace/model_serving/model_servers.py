"""The processes that serve models, each with what Model Serving gives a model."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool

from local_workspace.commands import end, start_logged
from local_workspace.environments import BuildFailed, Environments
from local_workspace.errors import ApiError
from local_workspace.identity import Identity
from local_workspace.private_file import write_private
from local_workspace.registry import Models
from local_workspace.secret_scopes import SecretScopes
from local_workspace.settings import Settings

_PASSED_ON = (
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LD_LIBRARY_PATH",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "TMPDIR",
    "TZ",
)
_LOAD_SECONDS = 600
_TOKEN_SECONDS = 3600
_REFRESH_SECONDS = 1200
_CREDENTIALS = "model-dependencies-oauth-token"
_RESOURCES = re.compile(r"^(resources|auth_policy):", re.MULTILINE)
_AS_USER = re.compile(r"^\s+user_auth_policy:\s*\n\s+api_scopes:", re.MULTILINE)


class StartFailed(Exception):
    """The model's process ended, or did not load its model; the server's log says why."""


@dataclass(frozen=True, kw_only=True)
class ModelServer:
    """A process that serves a version, and where it listens."""

    process: asyncio.subprocess.Process
    port: int
    acts_as_user: bool
    """Whether the model's policy asks for the token of who asks."""
    folder: Path
    creator: str
    has_credentials: bool
    """Whether the model declares resources, and so gets a token of its own."""


class ModelServers:
    """Starts, finds and ends the processes; one for each entity of each endpoint."""

    def __init__(
        self,
        settings: Settings,
        *,
        models: Models,
        environments: Environments,
        secrets: SecretScopes,
        identity: Identity,
    ) -> None:
        self._folder = settings.endpoints
        self._url = settings.url
        self._models = models
        self._secrets = secrets
        self._identity = identity
        self._environments = environments
        self._servers: dict[Path, ModelServer] = {}
        self._locks: defaultdict[Path, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ensure(self, endpoint: Mapping[str, Any], entity: Mapping[str, Any]) -> ModelServer:
        """Return the process of an entity; build its environment and start it where it is not.

        Raises:
            BuildFailed: the environment cannot be made.
            StartFailed: the process does not serve the model.
        """
        folder = self.folder(endpoint, entity)
        async with self._locks[folder]:
            server = self._servers.get(folder)
            if server is not None and server.process.returncode is None:
                return server
            await run_in_threadpool(self._lay_out, folder, entity)
            python = await self._environments.ensure(folder / "model", folder / "build.log")
            server = await self._start(endpoint, entity, folder=folder, python=python)
            self._servers[folder] = server
            return server

    def folder(self, endpoint: Mapping[str, Any], entity: Mapping[str, Any]) -> Path:
        """Return where an entity's files and logs are: another for each that is another."""
        told = ("name", "entity_name", "entity_version", "environment_vars", "creator")
        facts = json.dumps([entity.get(each) for each in told], sort_keys=True)
        digest = hashlib.sha256(facts.encode()).hexdigest()[:12]
        return self._folder / str(endpoint["id"]) / digest

    async def end_all(self, endpoint: Mapping[str, Any], *, but: set[Path]) -> None:
        """End an endpoint's processes, but those of some folders, and forget their files."""
        root = self._folder / str(endpoint["id"])
        if not root.is_dir():
            return
        for folder in [each for each in root.iterdir() if each not in but]:
            async with self._locks[folder]:
                server = self._servers.pop(folder, None)
                if server is not None:
                    await end(server.process)
                await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)

    async def close(self) -> None:
        """End all processes, and keep their files for the next start."""
        await asyncio.gather(*(end(server.process) for server in self._servers.values()))
        self._servers.clear()

    async def keep_credentials_fresh(self) -> None:
        """Give each running model a new token before its last one expires; never returns."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            for server in self._servers.values():
                if server.has_credentials:
                    self._write_token(server.folder, server.creator)

    def _lay_out(self, folder: Path, entity: Mapping[str, Any]) -> None:
        """Copy the version's files, so that they are there as long as they are served."""
        source = self._models.folder(entity["entity_name"], entity["entity_version"])
        if not (folder / "model").exists():
            part = folder / "model.part"
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(source, part)
            part.rename(folder / "model")
        for each in ("home", "program", "credentials"):
            (folder / each).mkdir(exist_ok=True)
        scorer = resources.files("local_workspace.model_serving").joinpath("scorer.py")
        (folder / "program" / "scorer.py").write_bytes(scorer.read_bytes())

    async def _start(
        self, endpoint: Mapping[str, Any], entity: Mapping[str, Any], *, folder: Path, python: Path
    ) -> ModelServer:
        port_file = folder / "port"
        port_file.unlink(missing_ok=True)
        policy = (folder / "model" / "MLmodel").read_text(encoding="utf-8")
        has_credentials = bool(_RESOURCES.search(policy))
        if has_credentials:
            self._write_token(folder, entity["creator"])
        command = [
            str(python),
            str(folder / "program" / "scorer.py"),
            str(folder / "model"),
            str(port_file),
            str(endpoint["name"]),
        ]
        process = await start_logged(
            command,
            folder=folder / "home",
            log=folder / "server.log",
            variables=self._variables(folder, entity, python),
        )
        try:
            port = await _port(process, port_file)
        except BaseException:
            await end(process)
            raise
        return ModelServer(
            process=process,
            port=port,
            acts_as_user=bool(_AS_USER.search(policy)),
            folder=folder,
            creator=entity["creator"],
            has_credentials=has_credentials,
        )

    def _variables(self, folder: Path, entity: Mapping[str, Any], python: Path) -> dict[str, str]:
        """Return what the process finds in its environment, as in Model Serving."""
        creator = self._identity.find(entity["creator"])
        if creator is None:
            raise StartFailed(f"{entity['creator']} is no longer known.")
        try:
            given = self._secrets.resolved(creator, entity.get("environment_vars") or {})
        except ApiError as error:
            raise StartFailed(f"environment_vars: {error.message}") from error
        return {
            **{name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            "PATH": f"{python.parent}:{os.defpath}",
            "HOME": str(folder / "home"),
            "PYTHONUNBUFFERED": "1",
            "IS_IN_DB_MODEL_SERVING_ENV": "true",
            "IS_IN_DATABRICKS_MODEL_SERVING_ENV": "true",
            "DATABRICKS_MODEL_SERVING_HOST_URL": self._url,
            "DB_MODEL_SERVING_HOST_URL": self._url,
            "SERVING_CREDENTIALS_DIR": str(folder / "credentials"),
            **given,
        }

    def _write_token(self, folder: Path, creator: str) -> None:
        claims = {"sub": creator, "iss": f"{self._url}/oidc", "scope": "all-apis"}
        token = self._identity.sign(claims, _TOKEN_SECONDS)
        content = {"OAUTH_TOKEN": [{"oauthTokenValue": token}]}
        write_private(folder / "credentials" / _CREDENTIALS, json.dumps(content))


async def _port(process: asyncio.subprocess.Process, file: Path) -> int:
    """Return the port that the process writes once its model is loaded."""
    waited = 0.0
    while (port := _written(file)) is None:
        if process.returncode is not None:
            raise StartFailed(
                f"The model's process ended with status {process.returncode} while it loaded "
                "the model. See the server logs."
            )
        if waited > _LOAD_SECONDS:
            raise StartFailed(f"The model did not load in {_LOAD_SECONDS} seconds.")
        await asyncio.sleep(0.05)
        waited += 0.05
    return port


def _written(file: Path) -> int | None:
    return int(file.read_text(encoding="ascii")) if file.exists() else None


__all__ = ["BuildFailed", "ModelServer", "ModelServers", "StartFailed"]
