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


class _ResultTable(TableElement):
    """A table whose numbers stay whole: where room is short, the columns of text give way."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for renderable in super().__rich_console__(console, options):
            if isinstance(renderable, Table):
                renderable.show_edge = False
                for column in renderable.columns:
                    header = column.header
                    column.no_wrap = isinstance(header, Text) and header.justify == "right"
            yield renderable


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
