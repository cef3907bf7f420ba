"""The workspace and Lakebase, for commands that look into the tables without a conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor.cli.options import Options

if TYPE_CHECKING:
    from lakevisor.checkpoints import Checkpoints
    from lakevisor.config import Configuration
    from lakevisor.workspace import WorkspaceConnection


@dataclass(frozen=True, kw_only=True)
class Connected:
    """What has answered."""

    configuration: Configuration
    workspace: WorkspaceConnection
    checkpoints: Checkpoints
    """The connections to Lakebase; no table has been looked at."""


@asynccontextmanager
async def connected(options: Options) -> AsyncIterator[Connected]:
    """Start the workspace where it says how, and connect to it and to its Lakebase."""
    from lakevisor.supervisor import preload
    from lakevisor.workspace import connect, start_workspace

    configuration = options.load_configuration()
    await start_workspace(configuration, options.environment, tell=lambda _: None)
    workspace = await connect(configuration.settings.workspace, options.environment)
    preload()
    from lakevisor.checkpoints import open_connections

    async with open_connections(configuration.settings.lakebase, workspace) as checkpoints:
        yield Connected(configuration=configuration, workspace=workspace, checkpoints=checkpoints)
