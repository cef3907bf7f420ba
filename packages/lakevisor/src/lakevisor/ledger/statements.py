"""The SQL statements of the ledger, read from `sql/*.sql`.

Each begins with a line `-- name: <name>`; its other comments are for people. Two kinds of
placeholders: `{schema}` and the column lists are filled here, `%(name)s` are sent as parameters.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from lakevisor.ledger.responses import ResponseRecord
from lakevisor.ledger.values import OperationRecord, ProposalRecord

if TYPE_CHECKING:
    from psycopg.sql import Composed

NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@cache
def load_statements(schema: str) -> Mapping[str, bytes]:
    """Return all statements by name, for the tables of one schema."""
    from psycopg.sql import SQL, Identifier

    fillings = {
        "schema": Identifier(schema),
        "operation": _columns("o", OperationRecord),
        "proposal": _columns("p", ProposalRecord),
        "response": _columns("r", ResponseRecord, without=("is_held",)),
    }
    # The text comes from our own files; what is filled in is quoted.
    return {
        name: SQL(text).format(**fillings).as_bytes(None)
        for name, text in read_statements().items()
    }


def read_statements() -> dict[str, str]:
    """Return the text of each statement by name, with `{placeholders}` and without comments.

    Raises:
        ValueError: two statements have one name.
    """
    found: dict[str, str] = {}
    folder = files("lakevisor.ledger") / "sql"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        for name, text in _statements_in(file.read_text(encoding="utf-8")):
            if name in found:
                raise ValueError(f"The statement {name!r} stands twice in the SQL files.")
            found[name] = text
    return found


def _statements_in(source: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each statement of a file."""
    parts = NAME.split(source)
    for name, body in zip(parts[1::2], parts[2::2], strict=True):
        lines = (line for line in body.splitlines() if not line.lstrip().startswith("--"))
        yield name, "\n".join(lines).strip()


def _columns(alias: str, record: type, *, without: Collection[str] = ()) -> Composed:
    """Return the columns of a record, named one by one.

    With `*`, a column that a later migration adds would change the result of a prepared statement,
    which PostgreSQL refuses on every connection that is open.
    """
    from psycopg.sql import SQL, Identifier

    names = [each.name for each in fields(record) if each.name not in ("owner", *without)]
    if "owner" in {each.name for each in fields(record)}:
        names += ["workspace_id", "owner"]
    return SQL(", ").join(Identifier(alias, name) for name in names)
