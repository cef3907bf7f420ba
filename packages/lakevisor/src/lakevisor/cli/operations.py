"""`lakevisor operations`: what was started by whom, for operators."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lakevisor.cli.connected import connected
from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.ledger.values import AuditRecord
    from lakevisor.supervisor.sweep import Swept

app = typer.Typer(
    help="Say who did what, and find launches whose answer was lost.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _operations() -> None:
    """Say who did what, and find launches whose answer was lost."""


@app.command()
@takes_options
def audit(
    *,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Only what this person did.")
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="How many entries, the latest of all.")
    ] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object a line, with all there is.")
    ] = False,
    options: Options,
) -> None:
    """Print who proposed, accepted, started, stopped, repaired or was refused what."""
    from lakevisor.cli.running import run

    for record in run(_audit(options, owner=owner, limit=limit)):
        typer.echo(json.dumps(_as_object(record)) if as_json else _line(record))


@app.command()
@takes_options
def sweep(
    *,
    is_dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written down, and write nothing.")
    ] = False,
    options: Options,
) -> None:
    """Look for launches whose answer was lost, and write down what became of them."""
    from lakevisor.cli.running import run

    found = run(_sweep(options, is_dry=is_dry))
    if not found:
        nothing = "There is nothing to decide."
        typer.echo("Another process sweeps just now." if found is None else nothing)
        return
    for swept in found:
        record = swept.record
        head = f"{_time(record.intended_at)}  {record.owner.owner}  {record.title!r}"
        typer.echo(f"{head}  {swept.outcome}: {swept.text}")


async def _sweep(options: Options, *, is_dry: bool) -> Sequence[Swept] | None:
    from lakevisor.supervisor import open_supervisor
    from lakevisor.workspace import start_workspace

    configuration = options.load_configuration()
    await start_workspace(configuration, options.environment, tell=lambda _: None)
    async with open_supervisor(configuration, options.environment) as supervisor:
        return await supervisor.sweep.run(is_dry=is_dry)


async def _audit(options: Options, *, owner: str | None, limit: int) -> Sequence[AuditRecord]:
    """Return the latest entries, the oldest of them first."""
    from lakevisor.ledger import OwnerKey
    from lakevisor.supervisor import open_ledger

    async with connected(options) as found:
        ledger = await open_ledger(found.configuration.settings.lakebase, found.checkpoints)
        workspace_id = str(found.workspace.workspace_id)
        if owner is None:
            records = await ledger.audit.of_everybody(workspace_id, limit=limit)
        else:
            key = OwnerKey(workspace_id=workspace_id, owner=owner)
            records = await ledger.audit.of(key, limit=limit)
    return list(reversed(records))


def _as_object(record: AuditRecord) -> dict[str, Any]:
    entry = record.entry
    return {
        "number": record.number,
        "at": record.at.isoformat(),
        "by": entry.owner.owner,
        "action": entry.action.value,
        "thread_id": record.thread_id,
        **vars(entry.origin),
        "job": entry.job,
        "run_id": entry.run_id,
        "token": entry.token,
        "details": dict(entry.details),
    }


def _line(record: AuditRecord) -> str:
    """Return an entry on one line: an id is found whole, however narrow the terminal is."""
    entry = record.entry
    named = {"run": entry.run_id, "thread": record.thread_id, "trace": entry.origin.trace_id}
    told = [
        _time(record.at),
        *(entry.owner.owner, entry.action.value, entry.origin.tool, entry.job),
        *(f"{name}={value}" for name, value in named.items() if value is not None),
        json.dumps(dict(entry.details), ensure_ascii=False) if entry.details else None,
    ]
    return "  ".join(each for each in told if each is not None)


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
