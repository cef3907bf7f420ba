"""A Lakebase of its own behind its REST API, in this process, so that a test can reach inside."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uvicorn
from databricks.sdk import WorkspaceClient
from starlette.middleware import Middleware

from local_workspace.app import build_app
from local_workspace.database import Database
from local_workspace.identity import Authentication, Identity
from local_workspace.lakebase import Access, Lakebase
from local_workspace.settings import Settings

ADMIN, VIEWER = "admin@local.test", "viewer@local.test"
NOBODY_ELSE = Access()


@dataclass(frozen=True, kw_only=True)
class RunningLakebase:
    """A Lakebase whose server runs in a thread."""

    settings: Settings
    identity: Identity
    area: Lakebase
    port: int
    """The port of its gateway."""
    loop: asyncio.AbstractEventLoop

    def client(self, user: str = ADMIN) -> WorkspaceClient:
        """Return the SDK's client, acting for a user."""
        return WorkspaceClient(
            host=self.settings.url, token=self.identity.keyring.tokens[user], auth_type="pat"
        )

    def service_principal(self) -> WorkspaceClient:
        """Return the SDK's client, acting for the service principal."""
        client_id = "11111111-2222-3333-4444-555555555555"
        client_secret = self.identity.keyring.client_secrets[client_id]
        return WorkspaceClient(
            host=self.settings.url, client_id=client_id, client_secret=client_secret
        )

    def token(self, user: str = ADMIN) -> str:
        """Return a database credential of a user."""
        minted = self.client(user).database.generate_database_credential(
            instance_names=["local-lakebase"], request_id="test"
        )
        assert minted.token is not None
        return minted.token

    def options(self, user: str = ADMIN, **changes: Any) -> dict[str, Any]:
        """Return what a client passes to psycopg."""
        options = {
            "host": self.area.host,
            "port": self.port,
            "user": user,
            "dbname": "databricks_postgres",
            "sslmode": "require",
            "autocommit": True,
        }
        return options | ({} if "password" in changes else {"password": self.token(user)}) | changes

    def connect(self, user: str = ADMIN, **changes: Any) -> psycopg.Connection[Any]:
        """Log in through the gateway."""
        return psycopg.connect(**self.options(user, **changes))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine in the server's event loop and return its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=60)


class _Server(uvicorn.Server):
    """Says to another thread that it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()
        self.loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.loop = asyncio.get_running_loop()
        self.ready.set()


@contextmanager
def running_lakebase(
    data: Path, *, port: int | None = None, access: Access = NOBODY_ELSE
) -> Iterator[RunningLakebase]:
    """Run Lakebase, identity and the REST API on a folder, the gateway on a free port if none."""
    port = port or _free_port()
    listener = socket.create_server(("127.0.0.1", 0))
    settings = Settings(data=data, port=listener.getsockname()[1])
    database = Database(settings.databases / "workspace.sqlite")
    identity = Identity(settings, database)
    area = Lakebase(settings, identity, access=access, port=port)
    app = build_app([identity, area], [Middleware(Authentication, identity=identity)])
    server = _Server(uvicorn.Config(app, log_level="warning", lifespan="on", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        assert server.ready.wait(60)
        assert server.loop is not None
        yield RunningLakebase(
            settings=settings, identity=identity, area=area, port=port, loop=server.loop
        )
    finally:
        server.should_exit = True
        thread.join(60)
        listener.close()
        database.close()


def _free_port() -> int:
    """Return a port that is free, whoever has 5432 on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture(scope="package")
def lakebase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLakebase]:
    """Give the tests of this folder one Lakebase."""
    with running_lakebase(tmp_path_factory.mktemp("lakebase")) as running:
        yield running


@pytest.fixture(scope="package")
def run_lakebase() -> Any:
    """Give the function that runs a Lakebase of the test's own."""
    return running_lakebase
