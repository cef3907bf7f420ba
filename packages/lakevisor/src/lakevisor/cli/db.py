"""`lakevisor db`: the tables in Lakebase, as a step of their own before a deployment."""

from __future__ import annotations

import typer

from lakevisor.cli.connected import connected
from lakevisor.cli.options import Options, takes_options

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

    async with connected(options) as found:
        settings, checkpoints = found.configuration.settings.lakebase, found.checkpoints
        are_current = await is_current(checkpoints.opened, settings.schema_name)
        ledger = await migrating.status(checkpoints.pool, ledger_schema(settings))
    typer.echo(f"conversations ({settings.schema_name}): {_words(are_current)}")
    typer.echo(f"ledger ({ledger.schema}): {_words(ledger.is_current)}")
    return are_current and ledger.is_current


async def _migrate(options: Options) -> None:
    from lakevisor.checkpoints.migrating import migrate as migrate_checkpoints
    from lakevisor.ledger.migrating import migrate as migrate_ledger
    from lakevisor.supervisor import ledger_schema

    async with connected(options) as found:
        settings, checkpoints = found.configuration.settings.lakebase, found.checkpoints
        await migrate_checkpoints(checkpoints.opened, settings.schema_name)
        await migrate_ledger(checkpoints.pool, ledger_schema(settings))
    typer.echo("The tables are up to date.")


def _words(is_current: bool) -> str:
    return "up to date" if is_current else "not up to date; run lakevisor db migrate"
