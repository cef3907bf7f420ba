"""A statement that was sent to the warehouse, and what became of it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

import duckdb

from local_workspace.sql.failure import SqlFailed
from local_workspace.sql.result import Result
from local_workspace.sql.translation import Parameter

Disposition = Literal["INLINE", "EXTERNAL_LINKS"]
Format = Literal["JSON_ARRAY", "CSV", "ARROW_STREAM"]

INLINE_BYTES = 26_214_400
"""The most that one result may have inline, as on a real warehouse."""
LINK_SECONDS = 900.0
"""How long an external link can be used; the platform says at most 15 minutes."""


@dataclass(kw_only=True)
class Statement:
    """One statement that was sent to the warehouse, and what became of it."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    catalog: str | None = None
    schema: str | None = None
    row_limit: int | None = None
    byte_limit: int | None = None
    disposition: Disposition = "INLINE"
    format: Format = "JSON_ARRAY"
    link_seconds: float = LINK_SECONDS
    """How long a link to a chunk of its result can be used."""
    owner_id: int = 0
    """The number of the user who sent it; 0 is the workspace itself, which may read everything."""
    statement_id: str = field(default_factory=lambda: str(uuid4()))
    state: str = "PENDING"
    """PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED or CLOSED."""
    result: Result | None = None
    failure: SqlFailed | None = None
    ended_at: float | None = None
    """When it ended, in seconds since the epoch."""
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when it has ended, however."""
    cancelled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it shall be cancelled, for those who wait on the event loop before it runs."""
    cursor: duckdb.DuckDBPyConnection | None = None
    """The connection on which it runs, while it runs."""
