"""From Databricks SQL to DuckDB SQL, without a warehouse."""

from __future__ import annotations

from decimal import Decimal

import pytest

from local_workspace.sql import Parameter, SqlFailed
from local_workspace.sql.translation import translate


def test_functions_of_databricks_become_those_of_duckdb():
    sql = translate("SELECT ADD_MONTHS(CURRENT_DATE(), -3), DATE_FORMAT(d, 'yyyy-MM') FROM t").sql
    assert "INTERVAL (-3) MONTH" in sql
    assert "'%Y-%m'" in sql


def test_only_the_parameters_that_a_query_names_are_given():
    given = (Parameter(name="a", value="1.50", type="DECIMAL(4,2)"), Parameter(name="b", value="x"))
    assert translate("SELECT :a", given).values == {"a": Decimal("1.50")}


@pytest.mark.parametrize(
    ("value", "sql_type"),
    [("x", "INT"), ("2024-02-30", "DATE"), ("maybe", "BOOLEAN"), ("1", "GEOMETRY")],
)
def test_a_value_that_is_not_of_its_type_is_refused(value, sql_type):
    with pytest.raises(SqlFailed, match="INVALID_PARAMETER_VALUE"):
        translate("SELECT :a", [Parameter(name="a", value=value, type=sql_type)])


def test_the_tables_of_a_query_are_named_without_its_own():
    query = "WITH mine AS (SELECT * FROM a.b.c) SELECT * FROM mine JOIN a.b.D ON true"
    assert translate(query).tables == {("a", "b", "c"), ("a", "b", "d")}


@pytest.mark.parametrize(
    ("query", "translated"),
    [
        ("SELECT id FROM range(3)", "SELECT id FROM RANGE(3) AS range(id)"),
        ("SELECT r.id FROM range(1, 3) r", "SELECT r.id FROM RANGE(1, 3) AS r(id)"),
        ("SELECT n FROM range(3) AS r(n)", "SELECT n FROM RANGE(3) AS r(n)"),
    ],
)
def test_the_column_of_a_range_is_called_id(query, translated):
    assert translate(query).sql == translated


@pytest.mark.parametrize("text", ["", ";", "-- nothing"])
def test_an_empty_text_is_no_query(text):
    with pytest.raises(SqlFailed, match="PARSE_SYNTAX_ERROR"):
        translate(text)
