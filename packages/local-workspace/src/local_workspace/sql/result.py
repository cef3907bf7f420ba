"""What a statement gives: typed columns and rows of text, as the API has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TYPE_NAMES = {
    "BOOLEAN": ("BOOLEAN", "BOOLEAN"),
    "TINYINT": ("BYTE", "TINYINT"),
    "SMALLINT": ("SHORT", "SMALLINT"),
    "UTINYINT": ("SHORT", "SMALLINT"),
    "INTEGER": ("INT", "INT"),
    "USMALLINT": ("INT", "INT"),
    "BIGINT": ("LONG", "BIGINT"),
    "UINTEGER": ("LONG", "BIGINT"),
    "UBIGINT": ("LONG", "BIGINT"),
    # DuckDB sums whole numbers in 128 bits, Databricks in 64.
    "HUGEINT": ("LONG", "BIGINT"),
    "FLOAT": ("FLOAT", "FLOAT"),
    "DOUBLE": ("DOUBLE", "DOUBLE"),
    "DATE": ("DATE", "DATE"),
    "BLOB": ("BINARY", "BINARY"),
    "INTERVAL": ("INTERVAL", "INTERVAL"),
    '"NULL"': ("NULL", "VOID"),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a result."""

    name: str
    position: int
    """Its place in the row, from 0."""
    type_name: str
    """The short name of its type, as DECIMAL or LONG."""
    type_text: str
    """The type as SQL writes it, as DECIMAL(15,2) or BIGINT."""
    precision: int | None = None
    """The number of digits of a decimal."""
    scale: int | None = None
    """The number of digits after a decimal's point."""

    def body(self) -> dict[str, Any]:
        """Return the column as the API's schema has it."""
        body: dict[str, Any] = {
            "name": self.name,
            "position": self.position,
            "type_name": self.type_name,
            "type_text": self.type_text,
        }
        if self.precision is not None:
            body |= {"type_precision": self.precision, "type_scale": self.scale}
        return body


Row = tuple[str | None, ...]


@dataclass(frozen=True, kw_only=True)
class Table:
    """A small result, held in memory."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    """Values as text, null as None."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A part of a result, in a file of its own."""

    index: int
    row_offset: int
    """How many rows stand before it."""
    row_count: int
    byte_count: int
    """The size of its file."""
    path: Path


@dataclass(frozen=True, kw_only=True)
class Result:
    """All that a statement gave: what is known about it, and where its rows are."""

    columns: tuple[Column, ...]
    row_count: int
    is_truncated: bool = False
    """Whether a row or byte limit cut rows off."""
    first_row: Row | None = None
    """Its first row as text; None where it has none, or they were never text."""
    chunks: tuple[Chunk, ...] = ()


def column_of(name: str, position: int, duckdb_type: Any) -> Column:
    """Return the column for one entry of DuckDB's description."""
    text, kind = str(duckdb_type), duckdb_type.id
    if kind == "decimal":
        precision, scale = (number for _, number in duckdb_type.children)
        return Column(
            name=name,
            position=position,
            type_name="DECIMAL",
            type_text=f"DECIMAL({precision},{scale})",
            precision=precision,
            scale=scale,
        )
    type_name, type_text = _plain_type(duckdb_type, text, kind)
    return Column(name=name, position=position, type_name=type_name, type_text=type_text)


def _plain_type(duckdb_type: Any, text: str, kind: str) -> tuple[str, str]:
    if kind == "list":
        return "ARRAY", f"ARRAY<{_inner(duckdb_type, 'child')}>"
    if kind == "map":
        return "MAP", f"MAP<{_inner(duckdb_type, 'key')}, {_inner(duckdb_type, 'value')}>"
    if kind == "struct":
        fields = ", ".join(
            f"{name}: {column_of(name, 0, child).type_text}" for name, child in duckdb_type.children
        )
        return "STRUCT", f"STRUCT<{fields}>"
    if kind.startswith("timestamp"):
        return "TIMESTAMP", "TIMESTAMP"
    return _TYPE_NAMES.get(text, ("STRING", "STRING"))


def _inner(duckdb_type: Any, name: str) -> str:
    return column_of(name, 0, dict(duckdb_type.children)[name]).type_text
