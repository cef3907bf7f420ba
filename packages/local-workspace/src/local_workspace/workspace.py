"""One workspace, composed: all areas, what they share, and what every request passes."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.types import ASGIApp

from local_workspace.admin import Admin, FaultInjection, Recording
from local_workspace.app import build_app
from local_workspace.database import Database
from local_workspace.identity import SERVICE_PRINCIPAL, Authentication, Identity
from local_workspace.serving import Serving, Upstream, UpstreamSettings
from local_workspace.settings import Settings
from local_workspace.state_file import State, config_file


class NoLakebase:
    def kill_connections(self) -> None: ...
    def restart(self) -> None: ...


class Workspace:
    """Everything that one server serves."""

    def __init__(self, settings: Settings, *, upstream: UpstreamSettings | None = None) -> None:
        self._settings = settings
        self._database = Database(settings.databases / "workspace.sqlite")
        self._identity = Identity(settings, self._database)
        self._admin = Admin(identity=self._identity, lakebase=NoLakebase())
        self._serving = Serving(Upstream(upstream) if upstream else None)

    def app(self) -> ASGIApp:
        """Return the ASGI application: recorder, then faults, then the door, then the areas."""
        door = Middleware(Authentication, identity=self._identity)
        app = build_app([self._identity, self._serving, self._admin], [door])
        failing = FaultInjection(app, faults=self._admin.faults)
        return Recording(failing, recorder=self._admin.recorder)

    def state(self, pid: int) -> State:
        """Return what the server tells others once it is ready."""
        keyring = self._identity.keyring
        return State(
            pid=pid,
            url=self._settings.url,
            port=self._settings.port,
            users=keyring.tokens,
            service_principal={
                "client_id": SERVICE_PRINCIPAL.user_name,
                "client_secret": keyring.client_secret,
            },
            config_file=str(config_file(self._settings.data)),
        )

    def close(self) -> None:
        """Close what the areas share."""
        self._database.close()
