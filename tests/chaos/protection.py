"""Switches off, in this process alone, what makes a wish be done once.

A harness that finds nothing in a build without protection proves nothing.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from langgraph.pregel import Pregel

from lakevisor.checkpoints.fenced_saver import FencedSaver
from lakevisor.ledger.turn_operations import CallOperations


def switch_off() -> None:
    """Send a random token, write checkpoints behind the work, and check no fence."""
    CallOperations._token = lambda *_: uuid4().hex  # type: ignore[method-assign]
    # LangGraph's own, which does not check the fence.
    FencedSaver._cursor = AsyncPostgresSaver._cursor  # type: ignore[method-assign]
    astream = Pregel.astream

    def unordered(self: Any, *args: Any, **kwargs: Any) -> Any:
        return astream(self, *args, **{**kwargs, "durability": "async"})

    Pregel.astream = unordered  # type: ignore[method-assign]
