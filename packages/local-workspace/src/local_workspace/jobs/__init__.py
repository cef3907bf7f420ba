"""Jobs 2.2: definitions, runs, and the real processes that do their work.

`Jobs` is loaded when it is asked for: a task's process imports this package too, and must start at
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local_workspace.jobs.area import Jobs

__all__ = ["Jobs"]


def __getattr__(name: str) -> Any:
    if name == "Jobs":
        from local_workspace.jobs.area import Jobs

        return Jobs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
