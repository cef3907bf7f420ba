"""The options that every command takes, before its name or after it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from lakevisor.config import Configuration

WorkspaceOption = Annotated[
    str | None,
    typer.Option(
        "--workspace",
        metavar="NAME",
        help="The workspace, by its file in configs/workspaces; else LAKEVISOR_WORKSPACE, "
        "else local.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="A.B=VALUE", help="Set a value of the configuration; repeat it."),
]
VerboseOption = Annotated[
    bool, typer.Option("--verbose", help="Write logs to stderr, as LAKEVISOR_LOG=debug does.")
]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What was chosen for all of a command's work."""

    environment: Mapping[str, str]
    """The process's environment."""
    workspace: str | None = None
    """The workspace's name, if one was given on the command line."""
    overrides: tuple[str, ...] = ()
    """`a.b=value`, in the order given."""
    verbose: bool = False
    """Whether logs are wanted."""

    def load_configuration(self) -> Configuration:
        """Return the configuration of the chosen workspace.

        Raises:
            ConfigurationError: as `lakevisor.config.load_configuration`.
        """
        from lakevisor.config import load_configuration

        return load_configuration(
            workspace=self.workspace, overrides=self.overrides, environment=self.environment
        )

    def with_more(
        self, workspace: str | None, overrides: list[str] | None, verbose: bool
    ) -> Options:
        """Return these options with those given after the command's name laid over them."""
        return Options(
            environment=self.environment,
            workspace=workspace or self.workspace,
            overrides=(*self.overrides, *(overrides or ())),
            verbose=verbose or self.verbose,
        )


def takes_options(command: Callable[..., None]) -> Callable[..., None]:
    """Make a command's parameter `options` out of the options that every command takes."""

    @wraps(command)
    def run(context: typer.Context, **given: Any) -> None:
        shared = {name: given.pop(name) for name in ("workspace", "overrides", "verbose")}
        options = context.obj.with_more(**shared)
        from lakevisor.cli.logs import start_logs

        start_logs(options)
        command(options=options, **given)

    own = inspect.signature(command, eval_str=True).parameters.values()
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # typer reads it
        [
            _parameter("context", typer.Context),
            *(each.replace(kind=each.KEYWORD_ONLY) for each in own if each.name != "options"),
            _parameter("workspace", WorkspaceOption, default=None),
            _parameter("overrides", SetOption, default=None),
            _parameter("verbose", VerboseOption, default=False),
        ]
    )
    return run


def _parameter(name: str, annotation: Any, *, default: Any = inspect.Parameter.empty) -> Any:
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, annotation=annotation, default=default)
