"""`lakevisor plugins`: what is installed, what of it runs, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.registry import Discovery

app = typer.Typer(help="Show the plugins.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _plugins() -> None:
    """Show the plugins."""


@dataclass(frozen=True, kw_only=True)
class InstalledPlugin:
    """One plugin, as it is listed."""

    name: str
    """Its entry point's name."""
    distribution: str | None
    """What brings it."""
    version: str | None
    """The distribution's version."""
    is_agent: bool
    """Whether it registers a sub-agent."""
    enabled: bool
    """Whether the configuration of the chosen workspace lets its agent run."""
    problems: list[str]
    """What is wrong with it."""


@app.command("list")
@takes_options
def list_plugins(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    options: Options,
) -> None:
    """List the installed plugins; exit code 3 if one of them has a problem."""
    from lakevisor.registry import discover

    enabled = set(options.load_configuration().settings.agents)
    plugins = list(_installed(discover(), enabled))
    if as_json:
        typer.echo(json.dumps([asdict(plugin) for plugin in plugins], ensure_ascii=False))
    else:
        _print_table(plugins)
    if any(plugin.problems for plugin in plugins):
        raise typer.Exit(3)


def _installed(found: Discovery, enabled: set[str]) -> Iterator[InstalledPlugin]:
    for plugin in found.plugins:
        yield InstalledPlugin(
            name=plugin.name,
            distribution=plugin.distribution,
            version=plugin.version,
            is_agent=plugin.sub_agent is not None,
            enabled=plugin.name in enabled and plugin.sub_agent is not None,
            problems=[problem.report() for problem in plugin.problems],
        )
    for problem in found.problems:
        yield InstalledPlugin(
            name=problem.entry_point or "",
            distribution=problem.distribution,
            version=None,
            is_agent=False,
            enabled=False,
            problems=[problem.report()],
        )


def _print_table(plugins: list[InstalledPlugin]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("plugin", "version", "distribution", "state"):
        table.add_column(heading, overflow="fold")
    for plugin in plugins:
        table.add_row(plugin.name, plugin.version, plugin.distribution, _state(plugin))
    console = Console(highlight=False)
    console.print(table if plugins else "No plugin is installed.")
    for plugin in plugins:
        for problem in plugin.problems:
            console.print(f"\n{problem}", markup=False, soft_wrap=True)


def _state(plugin: InstalledPlugin) -> str:
    if plugin.problems:
        return "broken"
    if not plugin.is_agent:
        return "active"
    return "enabled" if plugin.enabled else "not enabled"
