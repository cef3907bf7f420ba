"""One turn, shown as its events come."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.text import Text

from lakevisor.cli.labels import Labels
from lakevisor.cli.markdown import Spoken
from lakevisor.cli.waiting import WaitingLine, can_animate, live
from lakevisor_plugin import (
    AgentStarted,
    Answered,
    Event,
    Progress,
    TextDelta,
    ToolFinished,
    ToolStarted,
)

_THINKING = "thinking"
_SHOWN_ARGUMENT_CHARS = 60
_SHOWN_ERROR_CHARS = 200


class TurnView:
    """Prints what stands; on a terminal, what is still under way is drawn anew below it.

    Without a terminal a tool call is a line when it begins and an answer is printed when it is
    whole, so that its tables are tables.
    """

    def __init__(self, console: Console, labels: Labels) -> None:
        """Prepare to show a turn on a console."""
        self._console = console
        self._labels = labels
        self._waiting = WaitingLine(console, indent=labels.indent)
        self._words = _THINKING
        self._progress = ""
        self._began = time.monotonic()
        self._tool = ""
        self._speaker = ""
        self._said = ""
        self._live = live(console, self._under_way) if can_animate(console) else None

    def __enter__(self) -> Self:
        """Begin to show what is under way."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave what was said, whole or not, and nothing else."""
        self._leave_what_was_said()
        if self._live is not None:
            self._live.stop()

    def show(self, event: Event) -> None:
        """Show what has happened."""
        match event:
            case AgentStarted():
                self._leave_what_was_said()
                self._now(_THINKING)
            case TextDelta(agent=agent, text=text):
                self._speaker = agent
                self._said += text
            case ToolStarted():
                self._leave_what_was_said()
                self._tool = _call(event.tool, event.arguments)
                self._now(self._tool)
                if self._live is None:
                    self._print_line(self._tool)
            case Progress(text=text):
                self._progress = text
            case ToolFinished():
                self._end_tool(event)
            case Answered():
                self._said = ""
                self._print_spoken(event.agent, event.text)

    def _now(self, words: str) -> None:
        self._words = words
        self._progress = ""
        self._began = time.monotonic()

    def _end_tool(self, event: ToolFinished) -> None:
        failed = event.outcome in ("error", "refused")
        # The list below a question is for the answer, which says it again.
        first = event.content.strip().partition("\n\n")[0]
        reason = f" · {_cut(first, _SHOWN_ERROR_CHARS)}" if failed else ""
        if self._live is not None:
            seconds = time.monotonic() - self._began
            mark = "✗" if failed else "✓"
            self._print_line(f"{mark} {self._tool} · {seconds:.1f} s{reason}")
        elif failed:
            self._print_line(f"✗ {event.tool}{reason}")
        self._tool = ""
        self._now(_THINKING)

    def _leave_what_was_said(self) -> None:
        """Print text that no `Answered` has confirmed: before a tool call, or cut off."""
        if self._said.strip():
            self._print_spoken(self._speaker, self._said)
        self._said = ""

    def _print_spoken(self, agent: str, text: str) -> None:
        self._console.print(Spoken(self._labels.of(agent), text), end="")

    def _print_line(self, words: str) -> None:
        line = Text(" " * self._labels.indent + words, style="dim")
        if self._live is None:
            self._console.print(line, soft_wrap=True)
        else:
            self._console.print(line, no_wrap=True, overflow="ellipsis")

    def _under_way(self) -> Spoken | Text:
        if self._said.strip():
            room = max(self._console.height - 2, 1)
            return Spoken(self._labels.of(self._speaker), self._said, last_lines=room)
        return self._waiting.render(self._words, since=self._began, more=self._progress)


def _call(tool: str, arguments: Mapping[str, Any]) -> str:
    """Return a tool call as one would write it, with long arguments cut."""
    given = [value for value in arguments.values() if value is not None]
    shown = (_cut(json.dumps(value, ensure_ascii=False), _SHOWN_ARGUMENT_CHARS) for value in given)
    return f"{tool}({', '.join(shown)})"


def _cut(text: str, limit: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
