"""`lakevisor doctor`: from the configuration to each agent, is everything there?"""

from __future__ import annotations

import typer

from lakevisor.cli.options import Options, takes_options


@takes_options
def doctor(*, options: Options) -> None:
    """Check everything that a conversation needs, a line each.

    The exit code is that of the first check that failed.
    """
    from lakevisor.cli.checks import examine
    from lakevisor.cli.running import run

    raise typer.Exit(run(examine(options)))
