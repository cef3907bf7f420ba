"""The supervisor: configuration in, something that you can ask and stream out.

`Supervisor` and `DownloadRequest` are imported when they are asked for: they bring LangGraph,
which must first be told to read only known types (`open_supervisor` does that).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lakevisor.supervisor.caller import Caller
from lakevisor.supervisor.opening import (
    ledger_schema,
    open_ledger,
    open_supervisor,
    preload,
    preload_beside,
)
from lakevisor.supervisor.request import Action, Request, Said, new_id

if TYPE_CHECKING:
    from lakevisor.supervisor.downloads import DownloadRequest
    from lakevisor.supervisor.supervisor import Supervisor

__all__ = [
    "Action",
    "Caller",
    "DownloadRequest",
    "Request",
    "Said",
    "Supervisor",
    "ledger_schema",
    "new_id",
    "open_ledger",
    "open_supervisor",
    "preload",
    "preload_beside",
]


def __getattr__(name: str) -> Any:
    if name == "Supervisor":
        from lakevisor.supervisor.supervisor import Supervisor

        return Supervisor
    if name == "DownloadRequest":
        from lakevisor.supervisor.downloads import DownloadRequest

        return DownloadRequest
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
