"""Serving: thin adapters that give the supervisor's events to clients of other protocols.

`ResponsesAgent` is imported when it is asked for: it brings MLflow, which takes seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lakevisor.serving.responses_agent import ResponsesAgent

__all__ = ["ResponsesAgent"]


def __getattr__(name: str) -> Any:
    if name == "ResponsesAgent":
        from lakevisor.serving.responses_agent import ResponsesAgent

        return ResponsesAgent
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
