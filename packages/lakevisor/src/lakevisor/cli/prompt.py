"""The line on which a person types: editing, history, pasted lines."""

from __future__ import annotations

import asyncio
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

from lakevisor.cli.labels import Labels
from lakevisor.cli.starting import SupervisorInBackground

_REFRESH_SECONDS = 0.5


class _LineCleared(Exception):
    """Ctrl-C was pressed. A `KeyboardInterrupt` in a task would end the whole event loop."""


class Prompt:
    """Asks a person for the next question, while the supervisor may still be getting ready."""

    def __init__(
        self, labels: Labels, background: SupervisorInBackground, history_file: Path
    ) -> None:
        """Prepare the prompt; nothing is shown yet."""
        self._background = background
        self._session: PromptSession[str] = PromptSession(
            message=[("bold", labels.you)],
            prompt_continuation=" " * labels.indent,
            history=_history(history_file),
            key_bindings=_keys(),
            interrupt_exception=_LineCleared,
        )

    async def next_question(self) -> str | None:
        """Return what is typed next; None when the person leaves, or the supervisor cannot start.

        Whoever asks for the supervisor then is told why it cannot.
        """
        while True:
            try:
                return await self._typed()
            except _LineCleared:
                continue
            except EOFError:
                return None

    async def _typed(self) -> str | None:
        # Ctrl-C is a key here, which clears the line; as a signal it would end the program.
        typing = asyncio.create_task(self._session.prompt_async(handle_sigint=False))
        settled = asyncio.create_task(self._background.settled())
        try:
            while not (typing.done() or settled.done()):
                await asyncio.wait(
                    {typing, settled},
                    timeout=_REFRESH_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                self._show_progress()
            if self._background.has_failed and not typing.done():
                return None
            return await typing
        finally:
            settled.cancel()
            typing.cancel()
            await asyncio.wait({typing, settled})

    def _show_progress(self) -> None:
        doing = self._background.doing
        self._session.bottom_toolbar = None if self._background.is_ready else f"{doing} …"
        self._session.app.invalidate()


def _history(path: Path) -> History:
    """Keep the questions in a file of the person's own; where that cannot be, for this chat."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        with path.open("ab"):
            return FileHistory(str(path))
    except OSError:
        return InMemoryHistory()


def _keys() -> KeyBindings:
    keys = KeyBindings()

    @keys.add("escape", "enter")
    def _new_line(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys
