"""Questions that are piped in: each line is one."""

from __future__ import annotations

import asyncio
import codecs
import os
import threading
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from lakevisor.cli.labels import Labels

_CHUNK = 65_536
_STDIN = 0


class PipedLines:
    """Reads the lines of stdin, and prints each as if it had been typed."""

    def __init__(self, labels: Labels, console: Console) -> None:
        """Begin to read."""
        self._labels = labels
        self._console = console
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def add(line: str | None) -> None:
            loop.call_soon_threadsafe(self._lines.put_nowait, line)

        def read() -> None:
            for line in _lines_of_stdin():
                add(line)
            add(None)

        # A daemon, and not a thread of the loop's pool: nobody waits at the end for a line that
        # may never come.
        threading.Thread(target=read, daemon=True).start()

    async def next_question(self) -> str | None:
        """Return the next line that is not blank; None after the last."""
        while (line := await self._lines.get()) is not None:
            question = line.strip()
            if question:
                said = Text(self._labels.you, style="bold").append(question, style="not bold")
                self._console.print(said, soft_wrap=True)
                return question
        return None


def _lines_of_stdin() -> Iterator[str]:
    """Yield the lines of stdin.

    It is read past `sys.stdin`: the lock of that would be held by the thread when Python ends.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    rest = ""
    while chunk := os.read(_STDIN, _CHUNK):
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from lines
    yield rest + decoder.decode(b"", final=True)
