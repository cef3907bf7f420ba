"""Puts conditions into a query, as far as the tables that it reads allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlglot
from sqlglot import exp

from local_workspace.sql.translation import parse_query


def with_conditions(
    sql: str, conditions: Sequence[str], *, columns: Mapping[str, frozenset[str]]
) -> str | None:
    """Return a query with more conditions, or None where it does not read their columns.

    Args:
        sql: A query in Databricks SQL.
        conditions: Conditions on columns without a table's name.
        columns: The columns of each table that there is.
    """
    if not conditions:
        return sql
    query = parse_query(sql)
    for text in conditions:
        condition = sqlglot.parse_one(text, read="databricks")
        needed = {column.name for column in condition.find_all(exp.Column)}
        select = next(
            (each for each in query.find_all(exp.Select) if needed <= _columns_in(each, columns)),
            None,
        )
        if select is None:
            return None
        select.where(condition, copy=False)
    return query.sql(dialect="databricks", pretty=True)


def sorts_by_size(sql: str) -> bool:
    """Return whether a query puts the highest values first."""
    order = parse_query(sql).args.get("order")
    return order is not None and any(each.args.get("desc") for each in order.expressions)


def _columns_in(select: exp.Select, columns: Mapping[str, frozenset[str]]) -> set[str]:
    """Return the columns of the tables that stand in a select's own FROM and JOINs."""
    sources = [select.args.get("from_") or select.args.get("from")]
    sources += select.args.get("joins") or []
    found: set[str] = set()
    for source in sources:
        table = source.this if source is not None else None
        if isinstance(table, exp.Table):
            found |= columns.get(".".join(part.name.lower() for part in table.parts), frozenset())
    return found
