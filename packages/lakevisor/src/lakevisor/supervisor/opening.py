"""The composition root: builds a supervisor from the configuration, and closes it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from lakevisor.config import SECRETS, Configuration, LakebaseSettings, redact_logs
from lakevisor.lakebase import translated_database_errors
from lakevisor.workspace import WorkspaceConnection, connect

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from lakevisor.checkpoints import Checkpoints
    from lakevisor.graph import SupervisorGraph
    from lakevisor.ledger.postgres import PostgresLedger
    from lakevisor.registry import Registry
    from lakevisor.supervisor.supervisor import Supervisor

DRAIN_SECONDS = 10.0
"""How long running turns may take when the supervisor is closed."""


@asynccontextmanager
async def open_supervisor(
    configuration: Configuration, environment: Mapping[str, str]
) -> AsyncIterator[Supervisor]:
    """Connect to the workspace and Lakebase, load the plugins, and build the graph.

    Args:
        configuration: of one workspace.
        environment: where secrets of the form `env:NAME` are read from.

    Raises:
        InvalidPlugins: with every problem of every plugin.
        WorkspaceError: the workspace does not answer or does not know us.
        LakebaseError: the conversations cannot be kept.
    """
    _protect_secrets(environment)
    loading = preload_beside()
    workspace = await connect(configuration.settings.workspace, environment)
    await asyncio.wrap_future(loading)
    from lakevisor.checkpoints import open_checkpoints
    from lakevisor.registry import build_registry
    from lakevisor.supervisor.supervisor import Supervisor
    from lakevisor.supervisor.tracing import open_tracing

    settings = configuration.settings
    registry = build_registry(configuration)
    async with (
        open_checkpoints(settings.lakebase, workspace) as checkpoints,
        open_tracing(settings.tracing, environment) as tracing,
    ):
        supervisor = Supervisor(
            settings=settings,
            registry=registry,
            workspace=workspace,
            checkpoints=checkpoints,
            ledger=await open_ledger(settings.lakebase, checkpoints),
            tracing=tracing,
            graph=_graph(registry, configuration, workspace),
        )
        async with _working(supervisor):
            yield supervisor


def _protect_secrets(environment: Mapping[str, str]) -> None:
    """Let no log show a secret, before anything can log one."""
    SECRETS.learn_environment(environment)
    redact_logs(SECRETS)


def _graph(
    registry: Registry, configuration: Configuration, workspace: WorkspaceConnection
) -> SupervisorGraph:
    from lakevisor.graph import build_graph

    models = _Models(registry, configuration, workspace)
    return build_graph(registry, models.of_role, configuration.settings.supervisor)


@asynccontextmanager
async def _working(supervisor: Supervisor) -> AsyncIterator[None]:
    """Sweep beside the turns, and let them come to their end before anything is closed."""
    from lakevisor.supervisor.sweep import keep_sweeping

    minutes = supervisor.settings.operations.sweep_minutes
    tasks = []
    if minutes:
        sweeping = keep_sweeping(supervisor.sweep, minutes=minutes)
        tasks.append(asyncio.create_task(sweeping, name="sweep"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await supervisor.drain(DRAIN_SECONDS)
        await supervisor.background.close()


async def open_ledger(settings: LakebaseSettings, checkpoints: Checkpoints) -> PostgresLedger:
    """Return the ledger next to the checkpoints, after its tables were checked or migrated.

    Raises:
        LedgerNotMigrated: its tables are not up to date, and may not be migrated here.
    """
    from lakevisor.ledger.migrating import migrate, require_current
    from lakevisor.ledger.postgres import PostgresLedger

    schema = ledger_schema(settings)
    address, role = checkpoints.address, checkpoints.role
    with translated_database_errors(address=address, role=role):
        if settings.migrate_at_start:
            await migrate(checkpoints.pool, schema)
        else:
            await require_current(checkpoints.pool, schema)
    return PostgresLedger(checkpoints.pool, schema=schema, address=address, role=role)


def ledger_schema(settings: LakebaseSettings) -> str:
    """Return the schema of the ledger: its own, next to that of the checkpoints."""
    return f"{settings.schema_name}_ledger"


def preload() -> None:
    """Import what takes seconds, so that it can be done beside something else.

    LangGraph reads at its import whether only known types may come out of a checkpoint.
    """
    os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
    for name in ("langgraph.graph", "databricks_langchain", "lakevisor.graph"):
        import_module(name)


def preload_beside() -> Future[None]:
    """Begin to `preload` in a thread that does not keep a process alive that has failed."""
    done: Future[None] = Future()

    def load() -> None:
        try:
            preload()
        # Whatever an import raises is raised where the modules are needed.
        except BaseException as error:  # noqa: BLE001 - handed on, not swallowed
            done.set_exception(error)
        else:
            done.set_result(None)

    Thread(target=load, name="preload", daemon=True).start()
    return done


class _Models:
    """The chat model of each role: a plugin's where one answers, else the workspace's."""

    def __init__(
        self, registry: Registry, configuration: Configuration, workspace: WorkspaceConnection
    ) -> None:
        self._hooks = registry.hooks
        self._settings = configuration.settings.model
        self._client = workspace.client
        self._ours: BaseChatModel | None = None

    def of_role(self, role: str) -> BaseChatModel:
        theirs = self._hooks.build_chat_model(role, self._settings.model_dump())
        if theirs is not None:
            return theirs
        if self._ours is None:
            from lakevisor.chat_models import build_chat_model

            self._ours = build_chat_model(self._settings, self._client)
        return self._ours
