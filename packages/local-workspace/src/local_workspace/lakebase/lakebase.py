"""The area of Lakebase: a PostgreSQL, its gateway, and the two REST APIs that lead to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

import psycopg
from starlette.routing import BaseRoute

from local_workspace.lakebase import address
from local_workspace.lakebase.access import Access
from local_workspace.lakebase.address import Listener
from local_workspace.lakebase.certificate import tls_context
from local_workspace.lakebase.credentials import Credentials, Identities
from local_workspace.lakebase.databases import Databases
from local_workspace.lakebase.gateway import Gateway
from local_workspace.lakebase.instances import instance_routes
from local_workspace.lakebase.place import Place
from local_workspace.lakebase.postgres import Postgres
from local_workspace.lakebase.projects import project_routes
from local_workspace.lakebase.resource_names import ENDPOINT, INSTANCE
from local_workspace.lakebase.roles import Roles
from local_workspace.lakebase.superuser import Superuser
from local_workspace.lakebase.wire import CANNOT_CONNECT_NOW, LoginRefused
from local_workspace.settings import Settings

_OWNER_ONLY = Access()


class Lakebase:
    """One database under both of Lakebase's names: an instance, and a project's endpoint."""

    def __init__(
        self,
        settings: Settings,
        identities: Identities,
        *,
        access: Access = _OWNER_ONLY,
        port: int = address.PORT,
    ) -> None:
        self._settings = settings
        self._lists = list(access.lists.values())
        self._port = port
        self._postgres = Postgres(settings.postgres)
        self._superuser = Superuser(self._postgres)
        self._credentials = Credentials(identities, audiences=[INSTANCE, ENDPOINT])
        self._roles = Roles(self._superuser, identities, access)
        self._databases = Databases(self._superuser)
        self._switching = asyncio.Lock()
        self._listener: Listener | None = None
        self._gateway: Gateway | None = None

    @property
    def host(self) -> str:
        """What clients take as host: a loopback address, or the folder of a Unix socket."""
        assert self._listener is not None
        return self._listener.host

    def routes(self) -> Sequence[BaseRoute]:
        """Return `/api/2.0/database` (provisioned) and `/api/2.0/postgres` (autoscaling)."""
        return [
            *(route for each in self._lists for route in each.routes()),
            *instance_routes(self._place, credentials=self._credentials, roles=self._roles),
            *project_routes(
                self._place,
                credentials=self._credentials,
                roles=self._roles,
                databases=self._databases,
            ),
        ]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold PostgreSQL and the gateway."""
        self._settings.postgres.mkdir(parents=True, exist_ok=True)
        tls = tls_context(self._settings.postgres / "certificate.pem")
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self.stop)
            await self._start_postgres()
            self._listener = address.listen(self._settings.postgres, port=self._port)
            stack.callback(self._listener.close)
            self._gateway = Gateway(
                self._listener, tls=tls, check=self._check, upstream=lambda: self._postgres.socket
            )
            serving = asyncio.create_task(self._gateway.run())
            stack.push_async_callback(_cancel, serving)
            yield

    async def grant_connect(self, principal: str, database: str) -> None:
        """Let a principal connect to a database and create in it, as an app's resource says."""
        await self._roles.grant_connect(principal, database)

    async def kill_connections(self) -> int:
        """Break every open connection, as a failover does; return how many there were."""
        assert self._gateway is not None
        return self._gateway.kill_connections()

    async def restart(self) -> None:
        """Stop PostgreSQL, whose clients are told and disconnected, and start it again."""
        async with self._switching:
            await self._stop_postgres()
            await self._start_postgres()

    async def stop(self) -> None:
        """Stop PostgreSQL; whoever connects is told that it is not there, until `start`."""
        async with self._switching:
            await self._stop_postgres()

    async def start(self) -> None:
        """Start PostgreSQL where it does not run."""
        async with self._switching:
            await self._start_postgres()

    async def _stop_postgres(self) -> None:
        await self._superuser.close()
        await self._postgres.stop()

    async def _start_postgres(self) -> None:
        await self._postgres.start()
        identities = self._postgres.data / "workspace_identities.json"
        identities.write_text(self._roles.identities_json(), encoding="utf-8")
        await self._roles.prepare()

    async def _check(self, role: str, password: str) -> None:
        self._credentials.check(password, role=role)
        try:
            await self._roles.check_login(role)
        except psycopg.OperationalError as error:
            raise LoginRefused(
                "the database system is starting up", code=CANNOT_CONNECT_NOW
            ) from error

    def _place(self) -> Place:
        made = (self._postgres.data / "PG_VERSION").stat().st_mtime
        return Place(
            host=self.host,
            workspace_id=self._settings.workspace_id,
            owner=self._roles.owner,
            made=datetime.fromtimestamp(made, UTC),
        )


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
