"""Keeps the objects of an area as JSON in the workspace's SQLite file."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from local_workspace.database import Database

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL,              -- what it is: experiment, run, registered_model, ...
    name TEXT NOT NULL,              -- unique in its kind
    parent TEXT NOT NULL,            -- what it belongs to; '' where it belongs to nothing
    body TEXT NOT NULL,              -- JSON
    PRIMARY KEY (kind, name)
);
CREATE INDEX IF NOT EXISTS documents_of ON documents (kind, parent);
"""


class Documents:
    """The objects of one kind; each call is one short statement."""

    def __init__(self, database: Database, kind: str) -> None:
        self._database = database
        self._kind = kind
        database.create(_SCHEMA)

    def get(self, name: str) -> dict[str, Any] | None:
        """Return an object, or None where there is none of that name."""
        rows = self._database.rows(
            "SELECT body FROM documents WHERE kind = ? AND name = ?", (self._kind, name)
        )
        return json.loads(rows[0]["body"]) if rows else None

    def put(self, name: str, body: Mapping[str, Any], *, parent: str = "") -> None:
        """Make an object, or write it anew."""
        self._database.rows(
            "INSERT INTO documents (kind, name, parent, body) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body, parent = excluded.parent",
            (self._kind, name, parent, json.dumps(body)),
        )

    def delete(self, name: str) -> None:
        """Forget an object; none is forgotten where there is none."""
        self._database.rows("DELETE FROM documents WHERE kind = ? AND name = ?", (self._kind, name))

    def all(self) -> list[dict[str, Any]]:
        """Return all objects, in the order in which they were made."""
        return self._read("SELECT body FROM documents WHERE kind = ? ORDER BY rowid", self._kind)

    def of(self, parent: str) -> list[dict[str, Any]]:
        """Return the objects that belong to a parent, in the order in which they were made."""
        return self._read(
            "SELECT body FROM documents WHERE kind = ? AND parent = ? ORDER BY rowid",
            self._kind,
            parent,
        )

    def _read(self, statement: str, *values: str) -> list[dict[str, Any]]:
        return [json.loads(row["body"]) for row in self._database.rows(statement, values)]


def now() -> int:
    """Return the time in milliseconds since 1970, as the API counts it."""
    return time.time_ns() // 1_000_000
