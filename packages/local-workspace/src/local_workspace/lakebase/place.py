"""What both APIs say about the one database that is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where the database is and whose it is."""

    host: str
    """A loopback address, or the folder of a Unix socket."""
    workspace_id: str
    owner: str
    """Who made it: the workspace's first admin."""
    made: datetime

    @property
    def made_text(self) -> str:
        """When it was made, as the API writes times."""
        return self.made.strftime("%Y-%m-%dT%H:%M:%SZ")
