"""The warehouse, Genie and the demo's data behind a real server, with a short pace."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pytest
import uvicorn
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from local_workspace.app import build_app
from local_workspace.area import Caller
from local_workspace.database import Database
from local_workspace.demo import seed
from local_workspace.demo.tpch import ensure_tpch
from local_workspace.genie import Genie
from local_workspace.identity import USERS
from local_workspace.jobs import Jobs
from local_workspace.settings import Settings
from local_workspace.sql import Grants, Statements, Warehouse

SCALE = 0.01
SALES = "01f10000000000000000000000000001"
CALLERS: dict[str, Caller] = {caller.user_name.partition("@")[0]: caller for caller in USERS}


class TokenIsName:
    """Takes the bearer token as the caller's name; identity itself is tested elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
            token = headers.get("authorization", "").removeprefix("Bearer ")
            scope.setdefault("state", {})["caller"] = CALLERS.get(token, CALLERS["viewer"])
        await self._app(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A running server with the demo in it."""

    url: str
    settings: Settings
    warehouse: Warehouse

    def client(self, user: str = "analyst") -> WorkspaceClient:
        """Return the real SDK, as one of the users."""
        return WorkspaceClient(config=Config(host=self.url, token=user, auth_type="pat"))

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use a call under `/local/`."""
        answer = httpx.request(
            method,
            f"{self.url}/local/{path}",
            json=body,
            headers={"Authorization": "Bearer admin"},
        )
        return answer.raise_for_status().json()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return what DuckDB itself says, past all that is tested here."""
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{self.settings.warehouse}' AS samples (READ_ONLY)")
            connection.execute("SET TimeZone = 'UTC'")
            return connection.execute(sql).fetchall()


@contextmanager
def serve(data: Path, **options: Any) -> Iterator[Server]:
    """Run a server on the data of a folder until the block ends."""
    settings = Settings(
        data=data,
        genie_seconds=options.pop("pace", 0.05),
        genie_questions_per_minute=options.pop("questions_per_minute", None),
    )
    database = Database(settings.databases / "workspace.sqlite")
    warehouse = Warehouse(
        settings, Grants(database), rows_per_chunk=options.pop("rows_per_chunk", 1000)
    )
    jobs = Jobs(settings, database)
    genie = Genie(settings, database, warehouse, options.pop("model", None))
    seed(settings, jobs=jobs, genie=genie, owner=CALLERS["admin"], scale=SCALE)
    app = build_app([Statements(warehouse), genie, jobs], [Middleware(TokenIsName)])
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, ws="none", lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield Server(url=url, settings=settings, warehouse=warehouse)
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()
        warehouse.close()
        database.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Give all tests one running server."""
    with serve(tmp_path_factory.mktemp("genie")) as running:
        yield running


@pytest.fixture
def add_rule(server: Server) -> Iterator[Callable[..., int]]:
    """Give a function that adds a rule for `genie` or `sql`; none outlives the test."""

    def add(area: str, **rule: Any) -> int:
        number: int = server.control("POST", f"{area}/rules", rule)["id"]
        return number

    yield add
    for area in ("genie", "sql"):
        server.control("DELETE", f"{area}/rules")


@pytest.fixture
def serving(tpch_file: Path) -> Callable[..., AbstractContextManager[Server]]:
    """Give the function that runs a server of a test's own, with data that is made already."""

    def run(data: Path, **options: Any) -> AbstractContextManager[Server]:
        file = Settings(data=data).warehouse
        if not file.exists():
            file.parent.mkdir(parents=True)
            shutil.copy(tpch_file, file)
        return serve(data, **options)

    return run


@pytest.fixture(scope="session")
def tpch_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a data file that tests may copy."""
    file = tmp_path_factory.mktemp("tpch") / "warehouse.duckdb"
    ensure_tpch(file, scale=SCALE)
    return file
