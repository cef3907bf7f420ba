"""The Statement Execution API, asked by the real SDK."""

from __future__ import annotations

import threading

import httpx
import pytest
from databricks.sdk.errors import BadRequest, InvalidParameterValue, NotFound
from databricks.sdk.service.sql import ExecuteStatementRequestOnWaitTimeout as OnTimeout
from databricks.sdk.service.sql import StatementParameterListItem, StatementState

from local_workspace.sql import Statement

WAREHOUSE = "local0000warehouse"
SLOW = (
    "SELECT count(*) FROM samples.tpch.lineitem a JOIN samples.tpch.lineitem b "
    "ON a.l_comment < b.l_comment"
)


def run(server, statement, **options):
    client = server.client(options.pop("user", "analyst"))
    return client.statement_execution.execute_statement(statement, WAREHOUSE, **options)


def test_a_result_is_what_duckdb_says(server):
    sql = "SELECT o_orderstatus, count(*), sum(o_totalprice) FROM samples.tpch.orders GROUP BY 1"
    answer = run(server, sql + " ORDER BY 1")
    expected = [[str(value) for value in row] for row in server.rows(sql + " ORDER BY 1")]
    assert answer.result.data_array == expected


def test_columns_have_the_types_of_databricks(server):
    answer = run(
        server,
        "SELECT 1 AS a, 'x' AS b, CAST(1.5 AS DECIMAL(4,2)) AS c, DATE'2024-01-01' AS d, true AS e,"
        " CAST(NULL AS BIGINT) AS f, TIMESTAMP'2024-01-01 00:00:00' AS g, array(1, 2) AS h,"
        " CAST(1.5 AS DOUBLE) AS i",
    )
    columns = [(c.type_name.value, c.type_text) for c in answer.manifest.schema.columns]
    assert columns == [
        ("INT", "INT"),
        ("STRING", "STRING"),
        ("DECIMAL", "DECIMAL(4,2)"),
        ("DATE", "DATE"),
        ("BOOLEAN", "BOOLEAN"),
        ("LONG", "BIGINT"),
        ("TIMESTAMP", "TIMESTAMP"),
        ("ARRAY", "ARRAY<INT>"),
        ("DOUBLE", "DOUBLE"),
    ]
    assert answer.result.data_array == [
        ["1", "x", "1.50", "2024-01-01", "true", None, "2024-01-01T00:00:00.000Z", "[1,2]", "1.5"]
    ]


@pytest.mark.parametrize(
    ("expression", "type_text", "text"),
    [
        ("CAST(-128 AS TINYINT)", "TINYINT", "-128"),
        ("CAST(32767 AS SMALLINT)", "SMALLINT", "32767"),
        ("9223372036854775807", "BIGINT", "9223372036854775807"),
        (
            "CAST('12345678901234567890.123456789012345678' AS DECIMAL(38,18))",
            "DECIMAL(38,18)",
            "12345678901234567890.123456789012345678",
        ),
        ("CAST(0 AS DECIMAL(10,4))", "DECIMAL(10,4)", "0.0000"),
        ("CAST('NaN' AS DOUBLE)", "DOUBLE", "NaN"),
        ("CAST('Infinity' AS DOUBLE)", "DOUBLE", "Infinity"),
        ("-CAST('Infinity' AS DOUBLE)", "DOUBLE", "-Infinity"),
        ("CAST(10000000000 AS DOUBLE)", "DOUBLE", "1.0E10"),
        ("CAST(0.1 AS FLOAT)", "FLOAT", "0.1"),
        ("false", "BOOLEAN", "false"),
        ("DATE'0001-01-01'", "DATE", "0001-01-01"),
        ("TIMESTAMP'2024-02-29 23:59:59.999'", "TIMESTAMP", "2024-02-29T23:59:59.999Z"),
        ("X'C3A4'", "BINARY", "w6Q="),
        ("array('a', NULL)", "ARRAY<STRING>", '["a",null]'),
        ("map('a', 1)", "MAP<STRING, INT>", '{"a":1}'),
        ("named_struct('a', 1, 'b', 'x')", "STRUCT<a: INT, b: STRING>", '{"a":1,"b":"x"}'),
        (
            "array(TIMESTAMP'2024-01-01 00:00:00')",
            "ARRAY<TIMESTAMP>",
            '["2024-01-01T00:00:00.000Z"]',
        ),
        ("map(DATE'2024-01-01', true)", "MAP<DATE, BOOLEAN>", '{"2024-01-01":true}'),
        ("NULL", "VOID", None),
        ("CAST(NULL AS DATE)", "DATE", None),
        ("'null'", "STRING", "null"),
        ("''", "STRING", ""),
    ],
)
def test_a_value_of_each_type_comes_as_the_platform_writes_it(server, expression, type_text, text):
    answer = run(server, f"SELECT {expression} AS value")
    assert answer.status.error is None
    assert answer.manifest.schema.columns[0].type_text == type_text
    assert answer.result.data_array == [[text]]


def test_named_parameters_have_types(server):
    answer = run(
        server,
        "SELECT :n + 1, :day, :amount * 2, :name",
        parameters=[
            StatementParameterListItem(name="n", value="41", type="INT"),
            StatementParameterListItem(name="day", value="2024-02-29", type="DATE"),
            StatementParameterListItem(name="amount", value="1.25", type="DECIMAL(10,2)"),
            StatementParameterListItem(name="name", value="x'; DROP TABLE y"),
        ],
    )
    assert answer.result.data_array == [["42", "2024-02-29", "2.50", "x'; DROP TABLE y"]]


def test_a_missing_parameter_fails_with_its_name(server):
    answer = run(server, "SELECT :nobody")
    assert answer.status.error.message.startswith("[UNBOUND_SQL_PARAMETER]")
    assert "nobody" in answer.status.error.message


@pytest.mark.parametrize(
    ("statement", "error_class"),
    [
        ("SELECT * FROM samples.tpch.nope", "TABLE_OR_VIEW_NOT_FOUND"),
        ("SELECT nope FROM samples.tpch.region", "UNRESOLVED_COLUMN.WITH_SUGGESTION"),
        ("SELECT nope(1)", "UNRESOLVED_ROUTINE"),
        ("SELEC 1", "PARSE_SYNTAX_ERROR"),
        ("SELECT CAST('x' AS INT)", "CAST_INVALID_INPUT"),
    ],
)
def test_a_failure_has_the_error_class_of_databricks(server, statement, error_class):
    status = run(server, statement).status
    assert status.state is StatementState.FAILED
    assert status.error.error_code.value == "BAD_REQUEST"
    assert status.error.message.startswith(f"[{error_class}]")


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE samples.tpch.region",
        "DELETE FROM samples.tpch.region",
        "INSERT INTO samples.tpch.region SELECT * FROM samples.tpch.region",
        "CREATE TABLE memory.main.x AS SELECT 1",
        "SELECT 1 INTO x",
        "SELECT 1; SELECT 2",
        "ATTACH '/tmp/x.duckdb'",
        "COPY samples.tpch.region TO '/tmp/x.csv'",
        "SET threads = 1",
        "PRAGMA database_list",
        "INSTALL httpfs",
        "CALL pragma_version()",
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/etc/hostname'",
        "SELECT * FROM csv.`/etc/hostname`",
        "SELECT * FROM duckdb_databases()",
        "SELECT * FROM statement",
        "SELECT read_text('/etc/hostname')",
    ],
)
def test_nothing_but_a_query_on_tables_is_run(server, statement):
    assert run(server, statement).status.state is StatementState.FAILED
    assert server.rows("SELECT count(*) FROM samples.tpch.region") == [(5,)]


def test_a_large_result_comes_in_chunks(server):
    client, sql = (
        server.client(),
        "SELECT o_orderkey FROM samples.tpch.orders ORDER BY 1 LIMIT 2500",
    )
    answer = client.statement_execution.execute_statement(sql, WAREHOUSE)
    assert answer.manifest.total_chunk_count == 3
    keys, chunk = list(answer.result.data_array), answer.result
    while chunk.next_chunk_index:
        path = f"/api/2.0/sql/statements/{answer.statement_id}/result/chunks/"
        assert chunk.next_chunk_internal_link.startswith(f"{path}{chunk.next_chunk_index}?")
        chunk = client.statement_execution.get_statement_result_chunk_n(
            answer.statement_id, chunk.next_chunk_index
        )
        keys += chunk.data_array
    assert [[str(key)] for (key,) in server.rows(sql)] == keys


def test_no_rows_is_an_empty_result(server):
    headers = {"Authorization": "Bearer analyst"}
    body = {
        "statement": "SELECT r_name FROM samples.tpch.region WHERE 1=0",
        "warehouse_id": WAREHOUSE,
    }
    answer = httpx.post(f"{server.url}/api/2.0/sql/statements", json=body, headers=headers).json()
    assert answer["result"] == {}
    assert "chunks" not in answer["manifest"]
    assert answer["manifest"]["total_chunk_count"] == 0


def test_limits_cut_a_result_and_say_so(server):
    rows = run(server, "SELECT * FROM samples.tpch.nation", row_limit=3)
    assert (rows.manifest.total_row_count, rows.manifest.truncated) == (3, True)
    size = run(server, "SELECT n_name FROM samples.tpch.nation ORDER BY 1", byte_limit=14)
    assert size.result.data_array == [["ALGERIA"]]
    assert size.manifest.truncated


def test_catalog_and_schema_complete_the_names(server):
    answer = run(server, "SELECT count(*) FROM nation", catalog="samples", schema="tpch")
    assert answer.result.data_array == [["25"]]


def test_the_catalog_can_be_looked_at(server):
    tables = run(server, "SHOW TABLES IN samples.tpch").result.data_array
    assert ["tpch", "orders", "false"] in tables
    columns = run(server, "DESCRIBE TABLE samples.tpch.region").result.data_array
    assert columns[1] == ["r_name", "string", "Name of the region"]
    found = run(server, "SELECT table_name FROM samples.information_schema.tables ORDER BY 1")
    assert len(found.result.data_array) == 8


def test_a_statement_that_takes_too_long_goes_on_and_can_be_cancelled(server):
    execution = server.client().statement_execution
    answer = execution.execute_statement(SLOW, WAREHOUSE, wait_timeout="0s")
    assert answer.status.state in (StatementState.PENDING, StatementState.RUNNING)
    statement = server.warehouse.statement(answer.statement_id)
    execution.cancel_execution(answer.statement_id)
    assert statement.ended.wait(timeout=10)
    assert execution.get_statement(answer.statement_id).status.state is StatementState.CANCELED


def test_a_cancel_at_the_very_start_of_a_query_is_not_lost(server):
    for _ in range(20):
        statement = Statement(sql=SLOW)
        running = threading.Thread(target=server.warehouse.run, args=(statement,))
        running.start()
        while statement.cursor is None:
            pass
        server.warehouse.cancel(statement)
        assert statement.ended.wait(timeout=10)
        running.join()
        assert statement.state == "CANCELED"


def test_a_statement_belongs_to_its_sender(server):
    answer = run(server, "SELECT 1")
    with pytest.raises(NotFound):
        server.client("viewer").statement_execution.get_statement(answer.statement_id)
    assert server.client("admin").statement_execution.get_statement(answer.statement_id)


def test_wrong_requests_are_refused(server):
    with pytest.raises(InvalidParameterValue, match="wait_timeout"):
        run(server, "SELECT 1", wait_timeout="51s")
    with pytest.raises(BadRequest):
        run(server, " ")
    with pytest.raises(NotFound, match="nowhere"):
        server.client().statement_execution.execute_statement("SELECT 1", "nowhere")


def test_a_quick_statement_is_not_cancelled_by_its_timeout(server):
    answer = run(server, "SELECT 1", wait_timeout="5s", on_wait_timeout=OnTimeout.CANCEL)
    assert answer.status.state is StatementState.SUCCEEDED


def test_there_is_one_warehouse_and_it_runs(server):
    warehouses = server.client().warehouses
    assert [each.id for each in warehouses.list()] == [WAREHOUSE]
    assert warehouses.get(WAREHOUSE).state.value == "RUNNING"


def test_a_warehouse_that_runs_can_be_started_and_goes_on_running(server):
    warehouses = server.client().warehouses
    assert warehouses.start(WAREHOUSE).result().state.value == "RUNNING"
