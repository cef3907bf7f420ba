"""`lakevisor config`: what is configured, where each value comes from, and what is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.config import Configuration, Leaf
    from lakevisor.registry import EnabledAgent

app = typer.Typer(
    help="Show, check and compare configurations.", no_args_is_help=True, rich_markup_mode=None
)


@app.command()
@takes_options
def show(*, options: Options) -> None:
    """Print every value and where it comes from; secrets only as references."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for leaf in _leaves(options.load_configuration()):
        line = Text(leaf.key, style="bold").append(f" = {_shown(leaf.value)}", style="not bold")
        line.append(f"  # {leaf.origin}", style="not bold dim")
        console.print(line, soft_wrap=True)


@app.command()
@takes_options
def check(
    *,
    all_workspaces: Annotated[bool, typer.Option("--all", help="Check all workspaces.")] = False,
    options: Options,
) -> None:
    """Say what is wrong with the configuration of a workspace, its agents' settings included."""
    from lakevisor.cli.failures import tell_failure
    from lakevisor.config import workspace_names
    from lakevisor.errors import LakevisorError
    from lakevisor.registry import build_registry, discover

    if not all_workspaces:
        configuration = options.load_configuration()
        _print_checked(configuration, agents=build_registry(configuration).agents)
        return
    discovery = discover()
    exit_code = 0
    for name in workspace_names(environment=options.environment):
        try:
            configuration = replace(options, workspace=name).load_configuration()
            registry = build_registry(configuration, discovery=discovery)
            _print_checked(configuration, agents=registry.agents)
        except LakevisorError as error:
            exit_code = exit_code or error.exit_code
            tell_failure(error)
    raise typer.Exit(exit_code)


@app.command()
@takes_options
def diff(
    *,
    first: Annotated[str, typer.Argument(metavar="A", help="A workspace.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another workspace.")],
    options: Options,
) -> None:
    """Print the values that differ between two workspaces, and where each comes from."""
    pair = [replace(options, workspace=name).load_configuration() for name in (first, second)]
    leaves = [{leaf.key: leaf for leaf in _leaves(configuration)} for configuration in pair]
    width = max(len(first), len(second))
    keys = list(dict.fromkeys([*leaves[0], *leaves[1]]))
    for key in keys:
        sides = [side.get(key) for side in leaves]
        if _value(sides[0]) == _value(sides[1]):
            continue
        typer.echo(key)
        for name, leaf in zip((first, second), sides, strict=True):
            typer.echo(f"  {name:{width}}  {_value(leaf)}{_origin(leaf)}")


def _leaves(configuration: Configuration) -> Iterator[Leaf]:
    """Yield every value, those that plugins' settings have by default included."""
    from lakevisor.errors import InvalidConfiguration
    from lakevisor.registry import discover

    agents = {}
    for plugin in discover().plugins:
        if plugin.sub_agent is not None and plugin.name in configuration.settings.agents:
            # What is wrong is for `check` to say; what is written is shown all the same.
            with suppress(InvalidConfiguration):
                settings = configuration.agent_settings(plugin.name, plugin.sub_agent.settings)
                agents[plugin.name] = settings
    return configuration.leaves(agents)


def _value(leaf: Leaf | None) -> str:
    return "(not there)" if leaf is None else _shown(leaf.value)


def _origin(leaf: Leaf | None) -> str:
    return "" if leaf is None else f"  # {leaf.origin}"


def _shown(value: Any) -> str:
    """Return a value on one line, as JSON and so as YAML that could be written into a file."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _print_checked(configuration: Configuration, *, agents: Sequence[EnabledAgent]) -> None:
    names = ", ".join(agent.name for agent in agents) or "none"
    typer.echo(f"Workspace {configuration.workspace_name!r}: nothing is wrong. Agents: {names}.")
