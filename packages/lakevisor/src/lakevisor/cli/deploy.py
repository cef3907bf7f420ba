"""`lakevisor deploy`: what a deployment would do, and the deployment itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.deploy.plan import Plan

app = typer.Typer(
    help="Plan a deployment, and deploy to Model Serving or Databricks Apps.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
OBSTRUCTED = 8


@app.callback()
def _deploy() -> None:
    """Plan a deployment, and deploy to Model Serving or Databricks Apps."""


@app.command()
@takes_options
def plan(
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Do not ask the workspace what it has.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object.")] = False,
    options: Options,
) -> None:
    """Print what would be made, changed and granted, and why; nothing is touched.

    The exit code is 8 where something stands in the way.
    """
    from lakevisor.cli.plan_view import plan_lines

    made = _make_plan(options, offline=offline)
    if as_json:
        typer.echo(json.dumps(asdict(made), ensure_ascii=False))
    else:
        typer.echo("\n".join(plan_lines(made)))
    if made.has_problems:
        raise typer.Exit(OBSTRUCTED)


@app.command("app")
@takes_options
def deploy_app(
    *,
    output: Annotated[
        Path | None,
        typer.Option(help="The bundle's folder; else dist/app-WORKSPACE beside configs/."),
    ] = None,
    run_it: Annotated[
        bool, typer.Option("--run", help="Run the commands too; needs the Databricks CLI.")
    ] = False,
    variables: Annotated[
        list[str] | None,
        typer.Option("--var", metavar="NAME=VALUE", help="A variable of the bundle; repeat it."),
    ] = None,
    options: Options,
) -> None:
    """Render the bundle of a Databricks app, and say what brings it into the workspace."""
    from lakevisor.deploy.bundle import render_bundle
    from lakevisor.deploy.bundle_commands import run_bundle
    from lakevisor.deploy.draft import make_draft

    configuration = options.load_configuration()
    folder = output or configuration.root / "dist" / f"app-{configuration.workspace_name}"
    bundle = render_bundle(make_draft(configuration), folder, options.environment)
    typer.echo(f"Rendered {len(bundle.files)} files into {bundle.folder}.")
    if run_it:
        run_bundle(bundle, options.environment, variables=variables or ())
        return
    typer.echo("In that folder, with the Databricks CLI:")
    for line in bundle.shell_lines():
        typer.echo(f"  {line}")


def _make_plan(options: Options, *, offline: bool) -> Plan:
    from lakevisor.cli.running import run
    from lakevisor.deploy.draft import make_draft
    from lakevisor.deploy.inspection import inspect_workspace, not_asked
    from lakevisor.deploy.plan import make_plan

    configuration = options.load_configuration()
    draft = make_draft(configuration)
    inspection = (
        not_asked(configuration, "--offline")
        if offline
        else run(inspect_workspace(configuration, options.environment))
    )
    return make_plan(draft, inspection)
