"""The command `local-workspace`: start, stop and ask after a workspace on this machine."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from local_workspace import daemon
from local_workspace.daemon import DidNotStart
from local_workspace.environment import environment, published_tests, shell_script
from local_workspace.server_lock import AlreadyRunning
from local_workspace.settings import WrongSetting
from local_workspace.state_file import State

_EXIT_CODES = """

Exit codes: 0 done; 1 it did not start; 2 wrong usage; 3 it does not run (status, env).
"""

app = typer.Typer(
    name="local-workspace",
    help="A stand-in for a Databricks workspace on this machine." + _EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Data = Annotated[
    Path,
    typer.Option(
        help="The folder that holds everything; delete it to delete the workspace.",
        envvar="LOCAL_WORKSPACE_DATA",
        file_okay=False,
    ),
]
Port = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65535,
        help="Exactly this port, or 0 for a free one. Without it: the last one, else 8787, "
        "else a free one.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, with the tokens.")]
_DEFAULT_DATA = Path(".local-workspace")


@app.command(help="Start the workspace, if it does not run, and wait until it is ready.")
def up(
    data: Data = _DEFAULT_DATA,
    port: Port = None,
    foreground: Annotated[bool, typer.Option(help="Serve in this process, log here.")] = False,
    as_json: Json = False,
) -> None:
    """Start the workspace, if it does not run, and wait until it is ready."""
    data = _made(data)
    if foreground:
        _serve_here(data, port)
        return
    already = daemon.running(data)
    state = already or _start(data, port)
    _say(state, as_json=as_json, headline="runs already" if already else "is ready")


@app.command(help="Stop the workspace and everything that runs in it, jobs and PostgreSQL too.")
def down(data: Data = _DEFAULT_DATA) -> None:
    """Stop the workspace and everything that runs in it, jobs and PostgreSQL too."""
    stopped = daemon.stop(data.resolve(), everything=True) if data.exists() else False
    print("The local workspace has stopped." if stopped else "No local workspace runs here.")


@app.command(help="Stop the server and start it again; running jobs live on.")
def restart(data: Data = _DEFAULT_DATA, port: Port = None, as_json: Json = False) -> None:
    """Stop the server and start it again; running jobs live on."""
    data = _made(data)
    daemon.stop(data, everything=False)
    _say(_start(data, port), as_json=as_json, headline="is ready again")


@app.command(help="Say whether the workspace runs, and where; exit code 3 if it does not.")
def status(data: Data = _DEFAULT_DATA, as_json: Json = False) -> None:
    """Say whether the workspace runs, and where; exit code 3 if it does not."""
    state = daemon.running(data.resolve()) if data.exists() else None
    if state is not None:
        _say(state, as_json=as_json, headline="runs")
        return
    print(json.dumps({"running": False}) if as_json else "No local workspace runs here.")
    raise typer.Exit(3)


@app.command(help="Print the shell's `export` lines with which programs use the workspace.")
def env(
    data: Data = _DEFAULT_DATA,
    profile: Annotated[
        str, typer.Option(help="Who the programs shall be: a profile of the databrickscfg.")
    ] = "local",
    for_published_tests: Annotated[
        bool,
        typer.Option(
            "--published-tests",
            help="Also what Databricks' published tests of Genie and Lakebase ask for.",
        ),
    ] = False,
) -> None:
    """Print the shell's `export` lines with which programs use the workspace."""
    state = daemon.running(data.resolve()) if data.exists() else None
    if state is None:
        print("No local workspace runs here. Start it: local-workspace up", file=sys.stderr)
        raise typer.Exit(3)
    if profile not in state.profiles():
        names = ", ".join(state.profiles())
        raise typer.BadParameter(f"{profile!r} is not one of {names}.", param_hint="--profile")
    variables = environment(state, profile=profile)
    print(shell_script(variables | (published_tests(state) if for_published_tests else {})))


def _made(data: Path) -> Path:
    """Return the folder, which is there now, or end with what is wrong with it."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        if os.access(data, os.W_OK | os.X_OK):
            return data.resolve()
        reason = "it is not writable"
    except OSError as error:
        reason = error.strerror or str(error)
    print(f"The folder {data} cannot be used: {reason}. Name another with --data.", file=sys.stderr)
    raise typer.Exit(1)


def _start(data: Path, port: int | None) -> State:
    try:
        return daemon.start(data, port=port, progress=_show)
    except DidNotStart as error:
        print(error.tail, file=sys.stderr)
        print(
            f"\nThe local workspace did not start. Its log ends as above: {error.log}\n"
            "If a port is taken, choose another with --port, or 0 for any free one. "
            f"If nothing helps, delete {data} and start anew; what it holds is lost.",
            file=sys.stderr,
        )
        raise typer.Exit(1) from None


def _serve_here(data: Path, port: int | None) -> None:
    from local_workspace import server

    server.log_to_stderr()
    try:
        server.serve(data, port=port)
    except AlreadyRunning:
        print(f"A local workspace runs already on {data}.", file=sys.stderr)
        raise typer.Exit(1) from None
    except server.PortTaken:
        print(f"Port {port} is taken; choose another, or 0 for a free one.", file=sys.stderr)
        raise typer.Exit(1) from None
    except WrongSetting as wrong:
        print(wrong, file=sys.stderr)
        raise typer.Exit(1) from None


def _show(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _say(state: State, *, as_json: bool, headline: str) -> None:
    if as_json:
        print(json.dumps({"running": True, **state.as_dict()}))
        return
    print(f"The local workspace {headline} at {state.url}")
    names = [name for name in state.profiles() if name != "DEFAULT"]
    print(f"Profiles in {state.config_file}: {', '.join(names)}")
    print(f"Use it: export DATABRICKS_CONFIG_FILE={state.config_file} ", end="")
    print("DATABRICKS_CONFIG_PROFILE=local")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
