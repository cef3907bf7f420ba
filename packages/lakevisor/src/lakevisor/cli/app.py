"""The commands of `lakevisor`, their exit codes, and what becomes of an error.

Nothing heavy is imported here: `lakevisor --help` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from lakevisor.cli.ask import ask
from lakevisor.cli.chat import chat
from lakevisor.cli.config import app as config
from lakevisor.cli.db import app as db
from lakevisor.cli.deploy import app as deploy
from lakevisor.cli.doctor import doctor
from lakevisor.cli.environment import read_environment
from lakevisor.cli.operations import app as operations
from lakevisor.cli.options import Options, SetOption, VerboseOption, WorkspaceOption
from lakevisor.cli.plugins import app as plugins
from lakevisor.cli.serve import serve
from lakevisor.errors import LakevisorError

_EXIT_CODES = """\b
Exit codes:
    0  done
    1  a bug in Lakevisor, with a traceback
    2  the configuration, or the command's usage
    3  a plugin
    4  the Databricks workspace
    5  Lakebase
    6  the request: empty, too long, not a thread id, sent twice with other words
    7  the turn: the model failed, or a limit was reached
    8  the deployment: something stands in its way, or it failed
  130  interrupted
"""

app = typer.Typer(
    name="lakevisor",
    help="A supervisor for Databricks: Genie, long jobs and plugins behind one chat agent.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(chat)
app.command()(ask)
app.command()(serve)
app.add_typer(config, name="config")
app.add_typer(plugins, name="plugins")
app.add_typer(db, name="db")
app.add_typer(operations, name="operations")
app.add_typer(deploy, name="deploy")
app.command()(doctor)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"lakevisor {version('lakevisor')}")
        raise typer.Exit


@app.callback()
def _every_command(
    context: typer.Context,
    *,
    workspace: WorkspaceOption = None,
    overrides: SetOption = None,
    verbose: VerboseOption = False,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    context.obj = Options(environment=context.obj).with_more(workspace, overrides, verbose)


def main() -> None:
    """Run the command line and end the process with its exit code."""
    try:
        app(obj=read_environment(), prog_name="lakevisor")
    except LakevisorError as error:
        from lakevisor.cli.failures import tell_failure

        tell_failure(error)
        sys.exit(error.exit_code)
    # What is said of a bug is a traceback, whatever it was; it is to be sent to us.
    except Exception:  # noqa: BLE001 - told in full
        from lakevisor.cli.failures import tell_bug

        tell_bug()
        sys.exit(1)
