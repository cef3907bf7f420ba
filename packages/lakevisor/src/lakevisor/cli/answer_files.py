"""What an answer has beside its text, as files: the full result as CSV, the chart as a picture."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from uuid import uuid4

from lakevisor.errors import FileNotWritten, NothingToDownload
from lakevisor.errors.root import shortened

if TYPE_CHECKING:
    from lakevisor.supervisor import DownloadRequest, Supervisor
    from lakevisor_plugin import TurnFinished

PICTURES = (".png", ".svg")
_SCALE = 2
"""Pixels of a picture to a point of its chart: sharp on today's screens."""


class AnswerFiles:
    """What the latest answers of a conversation have to save."""

    def __init__(self) -> None:
        """Begin where nothing was answered yet."""
        self._chart: Mapping[str, Any] | None = None
        self._download: DownloadRequest | None = None
        self._question = ""
        self._is_of_last_turn = True

    @property
    def commands(self) -> str:
        """Say with which commands of the chat the last answer can be saved; empty if it cannot."""
        named = {"/csv FILE": self._download, "/chart FILE": self._chart}
        return " or ".join(name for name, there_is in named.items() if there_is is not None)

    @property
    def are_of_last_turn(self) -> bool:
        """Whether the last turn has brought something to save."""
        return self._is_of_last_turn and bool(self.commands)

    def begin_turn(self) -> None:
        """Take it that the latest answer is that of an earlier turn, until this one brings one."""
        self._is_of_last_turn = False

    def remember(self, finished: TurnFinished, *, question: str = "") -> None:
        """Take what an answer has; one that has nothing leaves what an earlier one had.

        Args:
            finished: the turn.
            question: what the person said, to be named with what is written; empty: names nothing.
        """
        from lakevisor.supervisor import DownloadRequest
        from lakevisor_plugin import CHART, DOWNLOAD, QUESTION

        outputs: Mapping[str, Any] = finished.custom_outputs
        told = [each["data"] for key in ("answers", "notices") for each in outputs.get(key, ())]
        told = [data for data in told if DOWNLOAD in data or CHART in data]
        if told:
            self._is_of_last_turn = True
            # An answer can be to another question than the last: one that was handed back.
            self._question = question and str(told[-1].get(QUESTION) or question)
            self._chart = next((data[CHART] for data in reversed(told) if CHART in data), None)
            self._download = None
        if any(DOWNLOAD in data for data in told):
            self._download = DownloadRequest(thread_id=finished.thread_id, turn_id=finished.turn_id)

    async def save_csv(
        self, supervisor: Supervisor, path: Path, *, tell: Callable[[str], None]
    ) -> dict[str, object]:
        """Write the full result to a file, and return what was written, in words and for programs.

        Raises:
            NothingToDownload: no answer has one.
            FileNotWritten: the disk does not take it.
            LakevisorError: as `Supervisor.download`; nothing stands under the file's name then.
        """
        from lakevisor_plugin import Downloaded

        if self._download is None:
            raise NothingToDownload
        with file_when_whole(path) as file:
            async with aclosing(supervisor.download(self._download, tell=tell)) as parts:
                async for part in parts:
                    if isinstance(part, Downloaded):
                        end = part
                    else:
                        file.write(part)
        return {**end.data, "path": str(path), "text": self._wrote(path, end.text)}

    def save_chart(self, path: Path) -> dict[str, object]:
        """Draw the chart into a file, by its suffix, and return what was written.

        Raises:
            FileNotWritten: there is no chart, it cannot be drawn, or the disk does not take it.
        """
        require_picture(path)
        if self._chart is None:
            raise FileNotWritten(
                "The answer has no chart.",
                remedy="There is one where figures stand by category or over time, and not too "
                "many of them.",
            )
        picture = _drawn(self._chart, path.suffix.lower())
        with file_when_whole(path) as file:
            file.write(picture)
        return {"path": str(path), "text": self._wrote(path)}

    def _wrote(self, path: Path, what: str = "") -> str:
        """Say what stands in a file: which question's answer, and whether it is the last one's."""
        words = f"Wrote {path}"
        if self._question:
            words += f' for "{shortened(" ".join(self._question.split()))}"'
        words += f": {what}" if what else "."
        if not self._is_of_last_turn:
            words += " The last question brought nothing to keep; this is the answer before it."
        return words


def require_picture(path: Path) -> None:
    """Refuse a file that no chart can be drawn into.

    Raises:
        FileNotWritten: its suffix is none of `PICTURES`.
    """
    if path.suffix.lower() not in PICTURES:
        raise FileNotWritten(
            f"A chart cannot be written to {path}.",
            remedy=f"Name a file that ends in {' or '.join(PICTURES)}.",
        )


def require_place(path: Path) -> None:
    """Refuse a file before anything is asked for it, where it could not be written.

    Raises:
        FileNotWritten: its folder is not there, or something that is no file has its name.
    """
    with _told(path):
        has_folder, is_other = path.parent.is_dir(), path.exists() and not path.is_file()
    if not has_folder:
        raise FileNotWritten(f"{path} cannot be written.", remedy=f"Make {path.parent} first.")
    if is_other:
        raise FileNotWritten(f"{path} is no file.", remedy="Choose another name.")


@contextmanager
def file_when_whole(path: Path) -> Iterator[IO[bytes]]:
    """Give a file to write that gets its name, and replaces what had it, once it is whole.

    Raises:
        FileNotWritten: the disk does not take it; what stood under the name stands there still.
    """
    require_place(path)
    part = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    with _told(path):
        try:
            with part.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FileNotWritten(f"{path} was not written: {error.strerror or error}.") from error


def _drawn(chart: Mapping[str, Any], suffix: str) -> bytes:
    import vl_convert

    # Nothing is loaded from elsewhere: a chart brings its data.
    options: dict[str, Any] = {"vl_spec": dict(chart), "allowed_base_urls": []}
    try:
        if suffix == ".svg":
            return vl_convert.vegalite_to_svg(**options).encode()
        return vl_convert.vegalite_to_png(**options, scale=_SCALE)
    except ValueError as error:
        raise FileNotWritten("The chart of this answer cannot be drawn.") from error
