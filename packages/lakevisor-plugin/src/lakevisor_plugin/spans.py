"""Parts of a turn as its trace shows them, whoever records it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Literal, Protocol, TypeAlias

SpanKind: TypeAlias = Literal["agent", "model", "tool", "task"]
"""What happens in a span: an agent works, a model speaks, a tool runs, or anything else."""


class Span(Protocol):
    """A part of a turn's trace, while it goes on."""

    def set_attributes(self, **attributes: str | float | bool | None) -> None:
        """Put facts on it that are nobody's content: ids, states, numbers; None puts nothing."""
        ...

    def set_outputs(self, outputs: Any) -> None:
        """Put on it what came of it; recorded only where contents are (`tracing.contents`)."""
        ...

    def fail(self, reason: str) -> None:
        """Mark it as failed, though it raises nothing; the reason counts as content."""
        ...


class Spans(Protocol):
    """Records spans of one turn."""

    def span(
        self, name: str, *, kind: SpanKind = "task", inputs: Any = None
    ) -> AbstractContextManager[Span]:
        """Record what happens in the block; spans that are begun in it stand below it.

        It may be used from any task or thread. What the block raises marks the span as failed and
        flies on.

        Args:
            name: what happens, in few words; the same words each time.
            kind: what kind of thing it is.
            inputs: what it is given; recorded only where contents are.
        """
        ...


class NoSpan:
    """Keeps nothing; see `Span`."""

    def set_attributes(self, **attributes: str | float | bool | None) -> None:
        """Keep nothing."""

    def set_outputs(self, outputs: Any) -> None:
        """Keep nothing."""

    def fail(self, reason: str) -> None:
        """Keep nothing."""


class NoSpans:
    """Records nothing: the turn is not traced; see `Spans`."""

    @contextmanager
    def span(
        self,
        name: str,  # noqa: ARG002 - the port's
        *,
        kind: SpanKind = "task",  # noqa: ARG002 - the port's
        inputs: Any = None,  # noqa: ARG002 - the port's
    ) -> Iterator[Span]:
        """Yield a span that keeps nothing."""
        yield NoSpan()
