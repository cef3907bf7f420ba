"""A line that says what is waited for, and for how long; on a terminal only."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

_FRAMES_PER_SECOND = 8
_SECONDS_WORTH_SAYING = 1


@contextmanager
def shown_while_waiting(console: Console, words: Callable[[], str]) -> Iterator[None]:
    """Show the words, which may change, until the block ends."""
    if not can_animate(console):
        yield
        return
    line = WaitingLine(console)
    began = time.monotonic()
    with live(console, lambda: line.render(words(), since=began)):
        yield


def can_animate(console: Console) -> bool:
    """Tell whether lines on this console can be drawn anew."""
    return console.is_terminal and not console.is_dumb_terminal


def live(console: Console, renderable: Callable[[], object]) -> Live:
    """Return a display that is drawn anew several times a second and leaves nothing behind."""
    return Live(
        get_renderable=renderable,  # type: ignore[arg-type]  # any renderable is allowed
        console=console,
        transient=True,
        refresh_per_second=_FRAMES_PER_SECOND,
        vertical_overflow="visible",
    )


class WaitingLine:
    """A spinner, words and the seconds; where there is more to say, a second line says it."""

    def __init__(self, console: Console, *, indent: int = 0) -> None:
        self._console = console
        self._indent = " " * indent
        self._spinner = Spinner("dots")

    def render(self, words: str, *, since: float, more: str = "") -> Text:
        """Return the line as it is now; `since` is a time of the monotonic clock."""
        frame = self._spinner.render(self._console.get_time())
        seconds = time.monotonic() - since
        waited = f" · {seconds:.0f} s" if seconds >= _SECONDS_WORTH_SAYING else ""
        line = Text(self._indent, style="dim", no_wrap=True, overflow="ellipsis", end="")
        line.append_text(frame if isinstance(frame, Text) else Text())
        if more:
            return line.append(f" {words}\n{self._indent}  {more}{waited}")
        return line.append(f" {words}{waited}")
