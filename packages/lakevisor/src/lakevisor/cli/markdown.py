"""Answers are Markdown: here it becomes text and tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.console import Console, ConsoleOptions, JustifyMethod, RenderResult
from rich.markdown import Heading, Markdown, MarkdownElement, TableElement
from rich.segment import Segment
from rich.table import Table
from rich.text import Text


class _LeftHeading(Heading):
    LEVEL_ALIGN: ClassVar[dict[str, JustifyMethod]] = {}


_SHORT = 10
"""Up to so many characters a column is never broken: a date, a code."""
_LINES = 3
"""How many lines a cell may take where room is short; it ends with `…` there."""
_LEAST = 6
_GAP = 2


class _ResultTable(TableElement):
    """A table whose numbers and dates stay whole: where room is short, long texts give way."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        columns = self._columns()
        is_whole = [_is_number(cells[0]) or _width(cells) <= _SHORT for cells in columns]
        self._shorten(columns, is_whole, room=options.max_width)
        for renderable in super().__rich_console__(console, options):
            if isinstance(renderable, Table):
                renderable.show_edge = False
                for column, stays_whole in zip(renderable.columns, is_whole, strict=True):
                    column.no_wrap, column.overflow = stays_whole, "fold"
            yield renderable

    def _columns(self) -> list[list[Text]]:
        """Return the cells of each column, its heading first."""
        heads = self.header.row.cells if self.header and self.header.row else []
        rows = self.body.rows if self.body else []
        return [
            [head.content, *(r.cells[at].content for r in rows)] for at, head in enumerate(heads)
        ]

    def _shorten(self, columns: list[list[Text]], is_whole: list[bool], *, room: int) -> None:
        """Cut what would take more than a few lines, if the table does not fit as it is."""
        widths = [_width(cells) for cells in columns]
        left = room - _GAP * len(columns)
        if sum(widths) <= left:
            return
        long = [cells for cells, stays in zip(columns, is_whole, strict=True) if not stays]
        left -= sum(width for width, stays in zip(widths, is_whole, strict=True) if stays)
        share = max(left // max(len(long), 1), _LEAST)
        for cells in long:
            for cell in cells[1:]:
                cell.truncate(_LINES * share, overflow="ellipsis")


def _is_number(heading: Text) -> bool:
    return heading.justify == "right"


def _width(cells: Iterable[Text]) -> int:
    return max(cell.cell_len for cell in cells)


class _Answer(Markdown):
    elements: ClassVar[dict[str, type[MarkdownElement]]] = {
        **Markdown.elements,
        "heading_open": _LeftHeading,
        "table_open": _ResultTable,
    }


def markdown(text: str, console: Console) -> Markdown:
    """Return Markdown as it is shown on a console; links can be clicked where it has them."""
    has_links = console.is_terminal and console.color_system is not None
    return _Answer(text, hyperlinks=has_links, code_theme="ansi_dark")


class Spoken:
    """What somebody says: their label, and the text indented to stand beside it."""

    def __init__(self, label: Text, text: str, *, last_lines: int | None = None) -> None:
        """Keep what is said.

        Args:
            label: who speaks, with what stands between the name and the text.
            text: Markdown.
            last_lines: how many lines to show of a text that still grows; all, without it.
        """
        self._label = label
        self._text = text
        self._last_lines = last_lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the label and the lines of the text."""
        indent = self._label.cell_len
        inner = options.update(width=max(options.max_width - indent, 20), height=None)
        lines = console.render_lines(markdown(self._text, console), inner, pad=False)
        lines = _without_blank_ends([_without_trailing_space(line) for line in lines])
        if self._last_lines is not None:
            lines = lines[-self._last_lines :]
        yield Text(self._label.plain, style=self._label.style, end="")
        for number, line in enumerate(lines or [[]]):
            if number and line:
                yield Segment(" " * indent)
            yield from line
            yield Segment.line()


def _without_trailing_space(line: Iterable[Segment]) -> list[Segment]:
    segments = list(line)
    while segments and not segments[-1].text.strip():
        segments.pop()
    if segments:
        last = segments[-1]
        segments[-1] = Segment(last.text.rstrip(), last.style, last.control)
    return segments


def _without_blank_ends(lines: list[list[Segment]]) -> list[list[Segment]]:
    while lines and not lines[0]:
        lines = lines[1:]
    while lines and not lines[-1]:
        lines = lines[:-1]
    return lines
