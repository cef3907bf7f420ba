"""How an error is told on a terminal and to a program."""

from __future__ import annotations

import sys
import traceback

from rich.console import Console
from rich.text import Text

from lakevisor.config import SECRETS
from lakevisor.errors import LakevisorError


def failure_text(error: LakevisorError) -> Text:
    """Return what went wrong and, on a line of its own, what to do next."""
    text = Text(SECRETS.text(error.message), style="red")
    if error.remedy:
        text.append(f"\n{SECRETS.text(error.remedy)}", style="not red")
    return text


def tell_failure(error: LakevisorError) -> None:
    """Write an error to stderr."""
    Console(stderr=True).print(failure_text(error), soft_wrap=True)


def failure_object(error: LakevisorError) -> dict[str, object]:
    """Return an error for programs: its code, its message and its remedy."""
    said = {"code": error.code, "message": error.message, "remedy": error.remedy}
    return {"error": SECRETS.value(said)}


def tell_bug() -> None:
    """Write the traceback of the exception that is handled now to stderr."""
    sys.stderr.write(SECRETS.text(traceback.format_exc()))
    sys.stderr.write("This is a bug in Lakevisor. Please report it with the lines above.\n")
