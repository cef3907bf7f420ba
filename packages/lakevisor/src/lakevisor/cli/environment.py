"""The process's environment: read here, once, and handed on from here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

LOG_VARIABLE = "LAKEVISOR_LOG"
_STATE_VARIABLE = "XDG_STATE_HOME"


def read_environment() -> Mapping[str, str]:
    """Return the environment of this process as it is now."""
    return dict(os.environ)


def history_file(environment: Mapping[str, str]) -> Path:
    """Return where the questions of earlier chats are kept, by the XDG rules."""
    state = environment.get(_STATE_VARIABLE, "")
    # The XDG specification has relative paths ignored.
    folder = Path(state) if Path(state).is_absolute() else Path.home() / ".local" / "state"
    return folder / "lakevisor" / "history"
