"""`lakevisor deploy`: what a deployment would do, and the deployment itself."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.config import Configuration
    from lakevisor.deploy.plan import Plan
    from lakevisor.workspace import WorkspaceConnection

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


@app.command("model")
@takes_options
def deploy_model(*, options: Options) -> None:
    """Log, register and serve a new version, and ask it one question.

    The version before serves again where that fails.
    """
    from lakevisor.deploy.deployed_configuration import Target
    from lakevisor.deploy.draft import make_draft
    from lakevisor.deploy.model_deployment import ModelDeployment

    draft = make_draft(options.load_configuration())
    draft.require(Target.MODEL)
    connection = _connected(draft.configuration, options)
    deployed = ModelDeployment(draft, connection, options.environment, tell=_tell).run()
    typer.echo(f"{deployed.model} version {deployed.version} serves at {deployed.endpoint}.")
    typer.echo(f"It says: {deployed.answer.strip().splitlines()[0]}")
    if deployed.previous:
        typer.echo(f"Version {deployed.previous} waits: lakevisor deploy rollback")


@app.command()
@takes_options
def rollback(
    *,
    to: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="Which; else the one before.")
    ] = None,
    options: Options,
) -> None:
    """Give all traffic of the endpoint to another version that it still serves."""
    from lakevisor.deploy.draft import endpoint_name, require_model_name
    from lakevisor.deploy.served_versions import ServingEndpoint

    configuration = options.load_configuration()
    model = require_model_name(configuration)
    connection = _connected(configuration, options)
    endpoint = ServingEndpoint(connection.client, endpoint_name(configuration), model=model)
    chosen, current = endpoint.earlier(to), endpoint.current()
    endpoint.give_traffic(
        chosen,
        keep=[current] if current else [],
        minutes=configuration.settings.deployment.model.ready_minutes,
    )
    typer.echo(f"{model} version {chosen.version} serves at {endpoint.name}.")


def _connected(configuration: Configuration, options: Options) -> WorkspaceConnection:
    """Connect, after starting what starts."""
    from lakevisor.cli.running import run
    from lakevisor.workspace import connect, start_workspace

    async def connected() -> WorkspaceConnection:
        await start_workspace(configuration, options.environment, tell=_tell)
        return await connect(configuration.settings.workspace, options.environment)

    return run(connected())


def _tell(text: str) -> None:
    typer.echo(text, err=True)


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
