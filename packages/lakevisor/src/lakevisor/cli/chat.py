"""`lakevisor chat`: a conversation, on a terminal or from a file of questions."""

from __future__ import annotations

from typing import Annotated

import typer

from lakevisor.cli.options import Options, takes_options


@takes_options
def chat(
    *,
    thread: Annotated[
        str | None, typer.Option(metavar="ID", help="Continue this thread; else a new one.")
    ] = None,
    options: Options,
) -> None:
    """Talk to Lakevisor; questions that are piped in are answered one after another."""
    from lakevisor.cli.conversation import converse
    from lakevisor.cli.running import run

    raise typer.Exit(run(converse(options, thread_id=thread)))
