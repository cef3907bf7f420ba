"""Why a statement failed, in the words of Databricks SQL, and DuckDB's errors put into them."""

from __future__ import annotations

import re

import duckdb


class SqlFailed(Exception):
    """A statement that cannot be run, with its error class and SQLSTATE."""

    def __init__(self, error_class: str, text: str, *, sql_state: str) -> None:
        # The limits of the API itself are said without a class.
        said = f"[{error_class}] {text} SQLSTATE: {sql_state}" if error_class else text
        super().__init__(said)
        self.error_class = error_class
        self.sql_state = sql_state

    @property
    def message(self) -> str:
        """The sentence that a client reads."""
        return str(self)


class SqlCanceled(Exception):
    """The statement was cancelled while it ran."""


def not_found(name: str) -> SqlFailed:
    """Return the failure of a table that is not there; `name` is quoted with backticks."""
    return SqlFailed(
        "TABLE_OR_VIEW_NOT_FOUND",
        f"The table or view {name} cannot be found. Verify the spelling and correctness of the "
        "schema and catalog.",
        sql_state="42P01",
    )


def refused(what: str) -> SqlFailed:
    """Return the failure of a statement that is no query."""
    return SqlFailed(
        "INSUFFICIENT_PERMISSIONS",
        f"Insufficient privileges: {what} The warehouse of the local workspace is read only and "
        "takes one query at a time.",
        sql_state="42501",
    )


def syntax_error(text: str, *, near: str = "") -> SqlFailed:
    """Return the failure of a text that is not SQL."""
    place = f" at or near '{near}'" if near else ""
    return SqlFailed("PARSE_SYNTAX_ERROR", f"Syntax error{place}: {text}", sql_state="42601")


_CLASSES: dict[type[duckdb.Error], tuple[str, str]] = {
    duckdb.ParserException: ("PARSE_SYNTAX_ERROR", "42601"),
    duckdb.CatalogException: ("UNRESOLVED_ROUTINE", "42883"),
    duckdb.BinderException: ("INVALID_EXPRESSION", "42000"),
    duckdb.ConversionException: ("CAST_INVALID_INPUT", "22018"),
    duckdb.OutOfRangeException: ("ARITHMETIC_OVERFLOW", "22003"),
    duckdb.PermissionException: ("INSUFFICIENT_PERMISSIONS", "42501"),
}


def from_duckdb(error: duckdb.Error) -> SqlFailed:
    """Return DuckDB's error as Databricks would say it."""
    text = str(error).split("\n\nLINE ")[0]
    # DuckDB gives the column's name and the candidates in the text only.
    column = re.search(r'Referenced column "([^"]+)" not found', text)
    if isinstance(error, duckdb.BinderException) and column:
        return _unresolved_column(column.group(1), text)
    error_class, sql_state = _CLASSES.get(type(error), ("INTERNAL_ERROR", "XX000"))
    return SqlFailed(error_class, text, sql_state=sql_state)


def _unresolved_column(name: str, text: str) -> SqlFailed:
    candidates = re.findall(r'"([^"]+)"', text.partition("Candidate bindings:")[2])
    said = f"A column, variable, or function parameter with name `{name}` cannot be resolved."
    if not candidates:
        return SqlFailed("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", said, sql_state="42703")
    listed = ", ".join(f"`{candidate}`" for candidate in candidates)
    said += f" Did you mean one of the following? [{listed}]."
    return SqlFailed("UNRESOLVED_COLUMN.WITH_SUGGESTION", said, sql_state="42703")
