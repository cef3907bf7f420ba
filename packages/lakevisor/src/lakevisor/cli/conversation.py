"""A conversation: question after question on one thread, until there are no more."""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from rich.console import Console
from rich.text import Text

from lakevisor.cli.answer_files import AnswerFiles
from lakevisor.cli.environment import history_file
from lakevisor.cli.failures import failure_text
from lakevisor.cli.interrupts import run_until_interrupted
from lakevisor.cli.labels import Labels
from lakevisor.cli.options import Options
from lakevisor.cli.piped_lines import PipedLines
from lakevisor.cli.starting import SupervisorInBackground
from lakevisor.cli.waiting import shown_while_waiting
from lakevisor.errors import LakevisorError
from lakevisor.supervisor import Request
from lakevisor_plugin import TurnFinished

_COMMAND = re.compile(r"/[a-z]*")
_SAVE = re.compile(r"/(csv|chart)\s+(\S.*)")
_PIPE_WIDTH = 200
"""Wide, because nobody knows how wide the reader of a pipe is; text is broken there, not cut."""

HELP = """\
/csv FILE    write the full result behind the last answer from the data
/chart FILE  draw its chart into a .png or .svg
/new         begin a new thread
/thread      say the thread's id
/help        say this
/exit        leave, as Ctrl-D does
Ctrl-C ends an answer that runs, or clears the line. Alt-Enter begins a new line."""

STOPPED = "Stopped. Work that had already been started goes on; ask for its status."


class Questions(Protocol):
    """Where questions come from."""

    async def next_question(self) -> str | None:
        """Return the next question; None when there are no more."""
        ...


async def converse(options: Options, *, thread_id: str | None) -> int:
    """Hold a conversation and return the exit code.

    A person who leaves has seen what failed: 0. A script has the code of the last turn that failed.

    Args:
        options: of the command.
        thread_id: the thread to continue; a new one, without it.

    Raises:
        LakevisorError: the supervisor could not be started.
    """
    configuration = options.load_configuration()
    is_typed = sys.stdin.isatty() and sys.stdout.isatty()
    console = _console(options)
    labels = Labels(configuration.settings.agents)
    async with SupervisorInBackground(configuration, options.environment) as background:
        questions: Questions
        if is_typed:
            from lakevisor.cli.prompt import Prompt

            console.print(Text("Ask, or /help. The first answer may wait a moment.", style="dim"))
            questions = Prompt(labels, background, history_file(options.environment))
        else:
            questions = PipedLines(labels, console)
        conversation = Conversation(console, labels, background, thread_id=thread_id)
        while (question := await questions.next_question()) is not None:
            if not await conversation.take(question.strip(), can_stop=is_typed):
                break
        # Tells why, if it could not even be started.
        if background.has_failed:
            await background.supervisor()
    conversation.say_how_to_continue(options.workspace)
    return 0 if is_typed else conversation.exit_code


class Conversation:
    """What is said on one thread after another, and what came of it."""

    def __init__(
        self,
        console: Console,
        labels: Labels,
        background: SupervisorInBackground,
        *,
        thread_id: str | None,
    ) -> None:
        """Begin on a thread that exists, or on a new one."""
        self.exit_code = 0
        self._console = console
        self._labels = labels
        self._background = background
        self._thread_id = thread_id or _new_thread_id()
        self._has_turns = False
        self._files = AnswerFiles()

    async def take(self, said: str, *, can_stop: bool) -> bool:
        """Answer a question or obey a command; return whether the conversation goes on.

        Args:
            said: what the person said.
            can_stop: whether Ctrl-C ends the answer only.

        Raises:
            LakevisorError: the supervisor could not be started.
        """
        if _COMMAND.fullmatch(said):
            return self._obey(said)
        if not said:
            return True
        save = _SAVE.fullmatch(said)
        work = self._save(save[1], _path(save[2])) if save else self._answer(said)
        if not can_stop:
            await work
        elif not await run_until_interrupted(work):
            self._say("Stopped." if save else STOPPED)
        return True

    def say_how_to_continue(self, workspace: str | None) -> None:
        """Print the command that goes on with this thread, if anything was said on it."""
        if self._has_turns:
            named = f" --workspace {workspace}" if workspace else ""
            self._say(
                f"Thread {self._thread_id}. Continue it with: "
                f"lakevisor chat{named} --thread {self._thread_id}"
            )

    async def _answer(self, question: str) -> None:
        if not self._background.is_ready:
            with shown_while_waiting(self._console, lambda: self._background.doing):
                await self._background.settled()
        supervisor = await self._background.supervisor()
        # Now that the supervisor is there, what this needs has been imported.
        from lakevisor.cli.turn_view import TurnView

        request = Request(text=question, thread_id=self._thread_id)
        self._files.begin_turn()
        try:
            with TurnView(self._console, self._labels) as view:
                async for event in supervisor.stream(request, outlives_client=False):
                    self._has_turns = True
                    view.show(event)
            if isinstance(event, TurnFinished):
                self._offer_files(event, question)
        except LakevisorError as error:
            self.exit_code = error.exit_code
            self._say(failure_text(error))

    def _offer_files(self, finished: TurnFinished, question: str) -> None:
        """Keep what can be saved, and say how: what is shown may be cut."""
        self._files.remember(finished, question=question)
        if self._files.are_of_last_turn:
            self._say(f"To keep it: {self._files.commands}.")

    async def _save(self, kind: str, path: Path) -> None:
        doing = ["fetching the full result" if kind == "csv" else "drawing"]
        try:
            with shown_while_waiting(self._console, lambda: doing[-1]):
                if kind == "chart":
                    # Drawing takes a second, in which the line is to go on.
                    saved = await asyncio.to_thread(self._files.save_chart, path)
                else:
                    supervisor = await self._background.supervisor()
                    saved = await self._files.save_csv(supervisor, path, tell=doing.append)
            self._say(str(saved["text"]))
        except LakevisorError as error:
            self.exit_code = error.exit_code
            self._say(failure_text(error))

    def _obey(self, command: str) -> bool:
        if command == "/exit":
            return False
        if command == "/new":
            self._thread_id = _new_thread_id()
            self._has_turns = False
            self._say("A new thread begins.")
        elif command == "/thread":
            self._say(self._thread_id)
        elif command in ("/csv", "/chart"):
            self._say(f"Say into which file: {command} FILE")
        elif command == "/help":
            self._say(HELP)
        else:
            self._say(f"There is no command {command}.\n{HELP}")
        return True

    def _say(self, words: str | Text) -> None:
        """Print something of the program's own, beside what is said in the conversation."""
        text = Text(words, style="dim") if isinstance(words, str) else words
        for line in text.split("\n"):
            indented = Text(" " * self._labels.indent).append_text(line)
            self._console.print(indented, soft_wrap=True)


def _path(typed: str) -> Path:
    return Path(typed).expanduser()


def _new_thread_id() -> str:
    return uuid4().hex


def _console(options: Options) -> Console:
    if sys.stdout.isatty() or options.environment.get("COLUMNS"):
        return Console(highlight=False)
    return Console(highlight=False, width=_PIPE_WIDTH)
