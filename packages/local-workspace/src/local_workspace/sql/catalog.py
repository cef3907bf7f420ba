"""`SHOW ...` and `DESCRIBE ...`, written as queries on the information schema."""

from __future__ import annotations

import re

_NAME = r"`?(\w+)`?"
_TABLE = rf"{_NAME}\.{_NAME}\.{_NAME}"
_COLUMNS = (
    "FROM samples.information_schema.columns WHERE table_catalog = '{0}' AND table_schema = '{1}' "
    "AND table_name = '{2}' ORDER BY ordinal_position"
)
_SCHEMAS = (
    "SELECT DISTINCT table_schema AS databaseName FROM samples.information_schema.tables "
    "WHERE table_catalog = '{0}' ORDER BY 1"
)
_TABLES = (
    "SELECT table_schema AS `database`, table_name AS tableName, false AS isTemporary "
    "FROM samples.information_schema.tables "
    "WHERE table_catalog = '{0}' AND table_schema = '{1}' ORDER BY 2"
)
_DESCRIBE = (
    "SELECT column_name AS col_name, CASE data_type WHEN 'VARCHAR' THEN 'string' "
    "WHEN 'INTEGER' THEN 'int' ELSE lower(data_type) END AS data_type, "
    f"column_comment AS comment {_COLUMNS}"
)
# Each form, and the query that answers it; {0}, {1}, ... are the names in the form.
_FORMS = (
    (r"SHOW\s+CATALOGS", "SELECT 'samples' AS catalog"),
    (
        rf"SHOW\s+(?:SCHEMAS|DATABASES)\s+(?:IN|FROM)\s+{_NAME}",
        _SCHEMAS,
    ),
    (
        rf"SHOW\s+TABLES\s+(?:IN|FROM)\s+{_NAME}\.{_NAME}",
        _TABLES,
    ),
    (
        rf"SHOW\s+COLUMNS\s+(?:IN|FROM)\s+{_TABLE}",
        f"SELECT column_name AS col_name {_COLUMNS}",
    ),
    (
        rf"(?:DESCRIBE|DESC)\s+(?:TABLE\s+)?{_TABLE}",
        _DESCRIBE,
    ),
)


def catalog_query(sql: str) -> str | None:
    """Return the query behind a SHOW or DESCRIBE, or None if the text is neither."""
    text = sql.strip().rstrip(";").strip()
    for form, query in _FORMS:
        if match := re.fullmatch(form, text, re.IGNORECASE):
            return query.format(*(name.lower() for name in match.groups()))
    return None
