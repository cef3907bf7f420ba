"""Databricks SQL in, DuckDB SQL out, and nothing but queries."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError, UnsupportedError
from sqlglot.optimizer.qualify_tables import qualify_tables

from local_workspace.sql.catalog import catalog_query
from local_workspace.sql.failure import SqlFailed, from_duckdb, refused, syntax_error

# What may stand in FROM as a function; all others (files, DuckDB's own internals) may not.
_TABLE_FUNCTIONS = frozenset({"range", "explode", "posexplode", "inline"})


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A value for a named marker `:name` of a statement."""

    name: str
    value: str | None = None
    type: str = "STRING"
    """A SQL type, as INTEGER, DATE or DECIMAL(18,2)."""


@dataclass(frozen=True, kw_only=True)
class Translation:
    """A statement that DuckDB can run."""

    sql: str
    values: dict[str, Any]
    """The values of its markers."""
    tables: frozenset[tuple[str, ...]]
    """The tables it names, each as the parts of its name."""


def translate(
    sql: str,
    parameters: Sequence[Parameter] = (),
    *,
    catalog: str | None = None,
    schema: str | None = None,
) -> Translation:
    """Return a Databricks SQL query for DuckDB.

    Raises:
        SqlFailed: it is not SQL, not one query, or a parameter is missing or not of its type.
    """
    query = parse_query(catalog_query(sql) or sql)
    if catalog or schema:
        query = qualify_tables(query, catalog=catalog, db=schema, dialect="databricks")
    values = {each.name: _value(each) for each in parameters}
    markers = {marker.name for marker in query.find_all(exp.Placeholder) if marker.name}
    if missing := sorted(markers - set(values)):
        raise SqlFailed(
            "UNBOUND_SQL_PARAMETER",
            f"Found the unbound parameter: {missing[0]}. Please, fix `args` and provide a mapping "
            "of the parameter to either a SQL literal or collection constructor functions.",
            sql_state="42P02",
        )
    tables = tables_of(query)
    return Translation(
        sql=_generate(_name_ranges(_read_information_schema(query))),
        values={name: values[name] for name in markers},
        tables=tables,
    )


def parse_query(sql: str) -> exp.Expression:
    """Return the one query of a text.

    Raises:
        SqlFailed: it is not SQL, or something else than one query.
    """
    try:
        statements = [each for each in sqlglot.parse(sql, read="databricks") if each is not None]
    except ParseError as error:
        detail = error.errors[0] if error.errors else {}
        near = str(detail.get("highlight") or "")
        raise syntax_error(str(detail.get("description") or error), near=near) from error
    except TokenError as error:
        raise syntax_error(str(error)) from error
    if not statements:
        raise syntax_error("the statement is empty", near="end of input")
    if len(statements) > 1:
        raise refused("the text has several statements.")
    query = statements[0]
    assert isinstance(query, exp.Expression)
    _check_is_query(query)
    return query


def tables_of(query: exp.Expression) -> frozenset[tuple[str, ...]]:
    """Return the tables that a query names, without the names it defines itself."""
    defined = {each.alias_or_name.lower() for each in query.find_all(exp.CTE)}
    named = {
        tuple(part.name.lower() for part in table.parts)
        for table in query.find_all(exp.Table)
        if isinstance(table.this, exp.Identifier)
    }
    return frozenset(each for each in named if len(each) > 1 or each[0] not in defined)


def _read_information_schema(query: exp.Expression) -> exp.Expression:
    """Read the information schema where DuckDB keeps it: once, for all catalogs."""
    for table in list(query.find_all(exp.Table)):
        if table.db.lower() == "information_schema":
            where = "catalog_name" if table.name.lower() == "schemata" else "table_catalog"
            source = exp.table_(table.name, db="information_schema", catalog="system")
            is_here = exp.column(where).eq(table.catalog or "samples")
            rows = exp.select("*").from_(source).where(is_here)
            table.replace(rows.subquery(table.alias_or_name))
    return query


def _name_ranges(query: exp.Expression) -> exp.Expression:
    """Call the column of `range(...)` id, as Databricks does."""
    for table in query.find_all(exp.Table):
        is_range = isinstance(table.this, exp.Func) and _function_name(table.this) == "range"
        if is_range and not table.alias_column_names:
            columns = [exp.to_identifier("id")]
            alias = exp.to_identifier(table.alias or "range")
            table.set("alias", exp.TableAlias(this=alias, columns=columns))
    return query


def _check_is_query(statement: exp.Expression) -> None:
    if not isinstance(statement, exp.Query | exp.Values):
        raise refused(f"{statement.key.upper()} is not a query.")
    if any(select.args.get("into") for select in statement.find_all(exp.Select)):
        raise refused("SELECT INTO writes a table.")
    for table in statement.find_all(exp.Table):
        if isinstance(table.this, exp.Func) and _function_name(table.this) not in _TABLE_FUNCTIONS:
            raise refused(f"the table function {_function_name(table.this)} is not available.")


def _function_name(function: exp.Func) -> str:
    return str(function.name if isinstance(function, exp.Anonymous) else function.key).lower()


def _generate(query: exp.Expression) -> str:
    try:
        sql = query.sql(dialect="duckdb")
    except UnsupportedError as error:
        raise syntax_error(str(error)) from error
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise from_duckdb(error) from error
    # The second wall: what DuckDB itself reads must be one query as well.
    if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
        raise refused("it is not one query.")
    return sql


_WHOLE = ("INT", "INTEGER", "BIGINT", "LONG", "SMALLINT", "SHORT", "TINYINT", "BYTE")


def _value(parameter: Parameter) -> Any:
    """Return a parameter's text as a value of its type."""
    text, kind = parameter.value, re.split(r"[^A-Z]", parameter.type.strip().upper())[0]
    if text is None or kind == "VOID":
        return None
    try:
        return _read(text.strip() if kind != "STRING" else text, kind)
    except (ValueError, InvalidOperation) as error:
        raise SqlFailed(
            "INVALID_PARAMETER_VALUE",
            f"The value '{text}' of the parameter `{parameter.name}` is no {parameter.type}.",
            sql_state="22023",
        ) from error


def _read(text: str, kind: str) -> Any:
    if kind in _WHOLE:
        return int(text)
    if kind in ("DECIMAL", "NUMERIC", "DEC"):
        return Decimal(text)
    if kind in ("DOUBLE", "FLOAT", "REAL"):
        return float(text)
    if kind == "BOOLEAN":
        return _boolean(text)
    if kind == "DATE":
        return dt.date.fromisoformat(text)
    if kind.startswith("TIMESTAMP"):
        return dt.datetime.fromisoformat(text).replace(tzinfo=None)
    if kind != "STRING":
        raise ValueError(kind)
    return text


def _boolean(text: str) -> bool:
    known: Mapping[str, bool] = {"true": True, "false": False}
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def qualified(parts: Collection[str]) -> str:
    """Return a name as Databricks' messages quote it."""
    return ".".join(f"`{part}`" for part in parts)
