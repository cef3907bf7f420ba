"""`lakevisor ask`: one question, one answer, for people and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.supervisor import Request
    from lakevisor_plugin import TurnFinished


ThreadOption = Annotated[
    str | None, typer.Option(metavar="ID", help="Continue this thread; else a new one.")
]
RequestOption = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Of this request; sent again, it is not done again."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object, also if it fails.")
]


@takes_options
def ask(
    *,
    question: Annotated[
        str, typer.Argument(metavar="QUESTION", help="What to ask; - reads it from stdin.")
    ],
    thread: ThreadOption = None,
    request_id: RequestOption = None,
    as_json: JsonOption = False,
    options: Options,
) -> None:
    """Ask one question and print the answer."""
    import json
    import sys

    from lakevisor.cli.failures import failure_object
    from lakevisor.cli.running import run
    from lakevisor.errors import LakevisorError
    from lakevisor.supervisor.request import Request, new_id

    text = sys.stdin.read() if question == "-" else question
    request = Request(text=text, thread_id=thread, turn_id=request_id or new_id())
    try:
        finished = run(_turn(request, options))
    except LakevisorError as error:
        if not as_json:
            raise
        typer.echo(json.dumps(failure_object(error), ensure_ascii=False))
        raise typer.Exit(error.exit_code) from None
    if as_json:
        typer.echo(json.dumps(_as_object(finished), ensure_ascii=False))
    else:
        _print_answer(finished.text)


async def _turn(request: Request, options: Options) -> TurnFinished:
    from rich.console import Console

    from lakevisor.cli.starting import SupervisorInBackground
    from lakevisor.cli.waiting import shown_while_waiting

    configuration = options.load_configuration()
    request.check(max_input_chars=configuration.settings.supervisor.max_input_chars)
    console = Console(stderr=True)
    async with SupervisorInBackground(configuration, options.environment) as background:
        with shown_while_waiting(console, lambda: background.doing):
            supervisor = await background.supervisor()
        with shown_while_waiting(console, lambda: "working"):
            return await supervisor.ask(request)


def _as_object(finished: TurnFinished) -> dict[str, object]:
    return {
        "thread_id": finished.thread_id,
        "text": finished.text,
        "agent": finished.agent,
        "operations": [each.model_dump(mode="json") for each in finished.operations],
        "custom_outputs": dict(finished.custom_outputs),
        "model_calls": finished.model_calls,
        "usage": dict(finished.usage),
    }


def _print_answer(text: str) -> None:
    from rich.console import Console

    from lakevisor.cli.markdown import markdown

    console = Console()
    if console.is_terminal:
        console.print(markdown(text, console))
    else:
        typer.echo(text)
