"""How an error is told on a terminal and to a program."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from lakevisor.errors import LakevisorError


def failure_text(error: LakevisorError) -> Text:
    """Return what went wrong and, on a line of its own, what to do next."""
    text = Text(error.message, style="red")
    if error.remedy:
        text.append(f"\n{error.remedy}", style="not red")
    return text


def tell_failure(error: LakevisorError) -> None:
    """Write an error to stderr."""
    Console(stderr=True).print(failure_text(error), soft_wrap=True)


def failure_object(error: LakevisorError) -> dict[str, object]:
    """Return an error for programs: its code, its message and its remedy."""
    return {"error": {"code": error.code, "message": error.message, "remedy": error.remedy}}
