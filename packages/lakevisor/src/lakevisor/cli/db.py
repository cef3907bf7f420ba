"""`lakevisor db`: the tables in Lakebase, as a step of their own before a deployment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.checkpoints import Checkpoints
    from lakevisor.config import LakebaseSettings

app = typer.Typer(
    help="Check and migrate the tables in Lakebase.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _db() -> None:
    """Check and migrate the tables in Lakebase."""


@app.command()
@takes_options
def status(*, options: Options) -> None:
    """Say whether the tables are up to date; exit code 5 if they are not."""
    from lakevisor.cli.running import run

    if not run(_status(options)):
        raise typer.Exit(5)


@app.command()
@takes_options
def migrate(*, options: Options) -> None:
    """Bring the tables up to date; any number of processes may do it at once."""
    from lakevisor.cli.running import run

    run(_migrate(options))


async def _status(options: Options) -> bool:
    from lakevisor.checkpoints.migrating import is_current
    from lakevisor.ledger import migrating
    from lakevisor.supervisor import ledger_schema

    async with _connected(options) as (settings, checkpoints):
        are_current = await is_current(checkpoints.opened, settings.schema_name)
        ledger = await migrating.status(checkpoints.pool, ledger_schema(settings))
    typer.echo(f"conversations ({settings.schema_name}): {_words(are_current)}")
    typer.echo(f"ledger ({ledger.schema}): {_words(ledger.is_current)}")
    return are_current and ledger.is_current


async def _migrate(options: Options) -> None:
    from lakevisor.checkpoints.migrating import migrate as migrate_checkpoints
    from lakevisor.ledger.migrating import migrate as migrate_ledger
    from lakevisor.supervisor import ledger_schema

    async with _connected(options) as (settings, checkpoints):
        await migrate_checkpoints(checkpoints.opened, settings.schema_name)
        await migrate_ledger(checkpoints.pool, ledger_schema(settings))
    typer.echo("The tables are up to date.")


@asynccontextmanager
async def _connected(options: Options) -> AsyncIterator[tuple[LakebaseSettings, Checkpoints]]:
    from lakevisor.cli.starting import start_workspace
    from lakevisor.supervisor import preload
    from lakevisor.workspace import connect

    configuration = options.load_configuration()
    await start_workspace(configuration, options.environment, tell=lambda _: None)
    workspace = await connect(configuration.settings.workspace, options.environment)
    preload()
    from lakevisor.checkpoints import open_connections

    settings = configuration.settings.lakebase
    async with open_connections(settings, workspace) as checkpoints:
        yield settings, checkpoints


def _words(is_current: bool) -> str:
    return "up to date" if is_current else "not up to date; run lakevisor db migrate"
