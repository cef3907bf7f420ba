"""`lakevisor ask`: one question, one answer, for people and for scripts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lakevisor.cli.options import Options, takes_options

if TYPE_CHECKING:
    from lakevisor.errors import LakevisorError
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
CsvOption = Annotated[
    Path | None,
    typer.Option("--csv", metavar="FILE", help="Write the full result behind the answer to FILE."),
]
ChartOption = Annotated[
    Path | None,
    typer.Option(
        "--chart", metavar="FILE", help="Draw the answer's chart into FILE, a .png or .svg."
    ),
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
    csv: CsvOption = None,
    chart: ChartOption = None,
    options: Options,
) -> None:
    """Ask one question and print the answer."""
    import sys

    from lakevisor.cli.running import run
    from lakevisor.errors import LakevisorError
    from lakevisor.supervisor.request import Request, new_id

    text = sys.stdin.read() if question == "-" else question
    request = Request(text=text, thread_id=thread, turn_id=request_id or new_id())
    report = _JsonReport() if as_json else _Report()
    try:
        run(_work(request, options, _Wanted(csv=csv, chart=chart), report))
    except LakevisorError as error:
        report.failed(error)
        raise typer.Exit(error.exit_code) from None
    report.end()


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """The files that are wanted beside the answer."""

    csv: Path | None
    chart: Path | None

    def check(self) -> None:
        """Refuse, before anything is asked, what could not be written."""
        from lakevisor.cli.answer_files import require_picture, require_place

        for path in (self.csv, self.chart):
            if path is not None:
                require_place(path)
        if self.chart is not None:
            require_picture(self.chart)


class _Report:
    """Tells a person what came of the command."""

    def answered(self, finished: TurnFinished) -> None:
        _print_answer(finished.text)

    def wrote(self, _: str, file: dict[str, object]) -> None:
        typer.echo(file["text"], err=True)

    def failed(self, error: LakevisorError) -> None:
        raise error

    def end(self) -> None:
        """Say nothing more."""


class _JsonReport(_Report):
    """Collects the same for a program, to be printed as one object."""

    def __init__(self) -> None:
        self._told: dict[str, object] = {}
        self._files: dict[str, object] = {}

    def answered(self, finished: TurnFinished) -> None:
        self._told |= _as_object(finished)

    def wrote(self, kind: str, file: dict[str, object]) -> None:
        self._files[kind] = file
        self._told["files"] = self._files

    def failed(self, error: LakevisorError) -> None:
        from lakevisor.cli.failures import failure_object

        self._told |= failure_object(error)
        self.end()

    def end(self) -> None:
        import json

        typer.echo(json.dumps(self._told, ensure_ascii=False))


async def _work(request: Request, options: Options, wanted: _Wanted, report: _Report) -> None:
    from rich.console import Console

    from lakevisor.cli.answer_files import AnswerFiles
    from lakevisor.cli.starting import SupervisorInBackground
    from lakevisor.cli.waiting import shown_while_waiting

    configuration = options.load_configuration()
    request.check(max_input_chars=configuration.settings.supervisor.max_input_chars)
    wanted.check()
    console, files, doing = Console(stderr=True), AnswerFiles(), ["fetching the full result"]
    async with SupervisorInBackground(configuration, options.environment) as background:
        with shown_while_waiting(console, lambda: background.doing):
            supervisor = await background.supervisor()
        with shown_while_waiting(console, lambda: "working"):
            finished = await supervisor.ask(request)
        report.answered(finished)
        files.remember(finished)
        if wanted.csv is not None:
            with shown_while_waiting(console, lambda: doing[-1]):
                saved = await files.save_csv(supervisor, wanted.csv, tell=doing.append)
            report.wrote("csv", saved)
        if wanted.chart is not None:
            report.wrote("chart", files.save_chart(wanted.chart))


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
