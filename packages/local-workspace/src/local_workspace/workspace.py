"""One workspace, composed: all areas, what they share, and what every request passes."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.types import ASGIApp

from local_workspace.admin import Admin, FaultInjection, Recording
from local_workspace.agent_deployments import AgentDeployments
from local_workspace.app import WorkspaceHeader, build_app
from local_workspace.apps import AppResources, Apps, Runner
from local_workspace.area import Area
from local_workspace.database import Database
from local_workspace.demo import Seeded, seed
from local_workspace.documents import Documents
from local_workspace.environments import Environments
from local_workspace.front_page import FrontPage
from local_workspace.genie import Genie
from local_workspace.identity import (
    ANALYST,
    APP_PRINCIPAL,
    LIMITED_PRINCIPAL,
    SERVICE_PRINCIPAL,
    SERVICE_PRINCIPALS,
    USERS,
    Authentication,
    Identity,
)
from local_workspace.jobs import Jobs
from local_workspace.lakebase import Access, Lakebase, permission_lists
from local_workspace.lakebase.resource_names import BRANCH, ENDPOINT, INSTANCE
from local_workspace.model_serving import ModelServing
from local_workspace.registry import Registry
from local_workspace.secret_scopes import SecretScopes
from local_workspace.serving import Serving, Upstream, UpstreamSettings
from local_workspace.settings import Settings
from local_workspace.sql import Grants, Statements, Warehouse
from local_workspace.state_file import State, config_file
from local_workspace.storage import SignedLinks, Storage, WorkspaceFiles
from local_workspace.tracking import Tracking


class Workspace:
    """Everything that one server serves."""

    def __init__(self, settings: Settings, *, upstream: UpstreamSettings | None = None) -> None:
        self._settings = settings
        self._database = Database(settings.databases / "workspace.sqlite")
        self._identity = Identity(settings, self._database)
        self._warehouse = Warehouse(settings, Grants(self._database))
        self._jobs = Jobs(settings, self._database)
        managers = [SERVICE_PRINCIPAL.user_name]
        access = Access(
            managers=managers,
            members=[ANALYST.user_name],
            users=[LIMITED_PRINCIPAL.user_name],
            lists=permission_lists(self._database, owner=USERS[0].user_name, managers=managers),
        )
        self._lakebase = Lakebase(settings, self._identity, access=access)
        self._files = WorkspaceFiles(settings)
        links = SignedLinks(settings, self._identity)
        self._tracking = Tracking(settings, self._database, links=links, files=self._files)
        self._registry = Registry(
            settings, self._database, tracking=self._tracking, tables=self._warehouse.tables
        )
        self._secrets = SecretScopes(settings)
        # one for both, so that nothing is built twice at once
        self._environments = Environments(settings.environments)
        self._model_serving = ModelServing(
            settings,
            self._database,
            models=self._registry.models,
            environments=self._environments,
            secrets=self._secrets,
            identity=self._identity,
        )
        self._agents = AgentDeployments(settings, self._database, self._registry.models)
        model = Upstream(upstream) if upstream else None
        self._serving = Serving(model, served=self._model_serving)
        self._genie = Genie(settings, self._database, self._warehouse, model=self._serving.complete)
        self._apps = self._composed_apps()
        mounts = [self._tracking.mount(), self._registry.models.mount()]
        self._storage = Storage(mounts, links=links, workspace_files=self._files)
        self._seeded = Seeded(space_ids=(), job_ids=())
        self._admin = Admin(identity=self._identity, lakebase=self._lakebase)

    def _composed_apps(self) -> Apps:
        apps = Documents(self._database, "app")
        resources = AppResources(
            self._settings,
            self._identity,
            secrets=self._secrets,
            connect=self._lakebase.grant_connect,
        )
        runner = Runner(
            self._settings,
            apps,
            resources=resources,
            environments=self._environments,
            principal=(
                APP_PRINCIPAL,
                self._identity.keyring.client_secrets[APP_PRINCIPAL.user_name],
            ),
            lakebase_host=lambda: self._lakebase.host,
        )
        return Apps(
            self._settings,
            self._database,
            apps=apps,
            identity=self._identity,
            files=self._files,
            resources=resources,
            runner=runner,
            principal=APP_PRINCIPAL,
        )

    def prepare(self) -> None:
        """Make the demo's data, spaces and jobs where they are not there; seconds the first time.

        It blocks, and belongs before the areas run.
        """
        owner = USERS[0]
        self._files.prepare()
        self._seeded = seed(self._settings, jobs=self._jobs, genie=self._genie, owner=owner)

    def app(self) -> ASGIApp:
        """Return the ASGI application: recorder, then faults, then the door, then the areas."""
        areas: list[Area] = [
            FrontPage(),
            self._identity,
            # before the statements, which refuse privileges on all but tables
            self._registry,
            Statements(self._warehouse),
            self._genie,
            self._jobs,
            self._lakebase,
            self._model_serving,
            self._serving,
            self._secrets,
            self._agents,
            self._apps,
            self._storage,
            self._tracking,
            self._admin,
        ]
        middleware = [
            Middleware(WorkspaceHeader, workspace_id=self._settings.workspace_id),
            Middleware(Authentication, identity=self._identity),
        ]
        app = build_app(areas, middleware)
        failing = FaultInjection(app, faults=self._admin.faults)
        return Recording(failing, recorder=self._admin.recorder)

    def state(self, pid: int) -> State:
        """Return what the server tells others once it is ready."""
        keyring = self._identity.keyring
        principals = {
            name: {
                "client_id": one.user_name,
                "client_secret": keyring.client_secrets[one.user_name],
            }
            for name, one in SERVICE_PRINCIPALS.items()
        }
        return State(
            pid=pid,
            url=self._settings.url,
            port=self._settings.port,
            users=keyring.tokens,
            service_principal=principals.pop("service-principal"),
            further_service_principals=principals,
            config_file=str(config_file(self._settings.data)),
            lakebase={
                "host": self._lakebase.host,
                "instance_name": INSTANCE,
                "branch": BRANCH,
                "endpoint": ENDPOINT,
            },
            genie_spaces=self._seeded.space_ids,
            jobs=self._seeded.job_ids,
        )

    async def stop_everything(self) -> None:
        """Stop what outlives a server: the processes of jobs, and a PostgreSQL left by a crash."""
        await self._jobs.stop(kill_runs=True)
        await self._lakebase.stop()

    def close(self) -> None:
        """Close what the areas share."""
        self._warehouse.close()
        self._database.close()
