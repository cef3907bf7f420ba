"""The warehouse: runs queries on the DuckDB file and keeps their results for a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import duckdb

from local_workspace.settings import Settings
from local_workspace.sql.failure import SqlCanceled, SqlFailed, from_duckdb, not_found
from local_workspace.sql.result import Column, Result, Row, column_of, rows_as_text
from local_workspace.sql.translation import Parameter, Translation, qualified, translate

WAREHOUSE_ID = "local0000warehouse"
CATALOG = "samples"
INLINE_BYTES = 26_214_400
"""The most that one result may have inline, as on a real warehouse."""
_BATCH = 2000
_INTERRUPT_AGAIN = 0.05
"""Seconds after which a query that was interrupted and goes on is interrupted again."""
_TABLES = (
    "SELECT table_catalog, table_schema, table_name FROM system.information_schema.tables "
    "WHERE table_catalog = 'samples'"
)


@dataclass(kw_only=True)
class Statement:
    """One statement that was sent to the warehouse, and what became of it."""

    sql: str
    parameters: tuple[Parameter, ...] = ()
    catalog: str | None = None
    schema: str | None = None
    row_limit: int | None = None
    byte_limit: int | None = None
    owner_id: int = 0
    """The number of the user who sent it."""
    statement_id: str = field(default_factory=lambda: str(uuid4()))
    state: str = "PENDING"
    """PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED or CLOSED."""
    result: Result | None = None
    failure: SqlFailed | None = None
    ended_at: float | None = None
    """When it ended, in seconds since the epoch."""
    ended: threading.Event = field(default_factory=threading.Event)
    """Set when it has ended, however."""
    cursor: duckdb.DuckDBPyConnection | None = None
    """The connection on which it runs, while it runs."""


class Warehouse:
    """Databricks SQL on a DuckDB file that is opened read only."""

    def __init__(
        self, settings: Settings, *, rows_per_chunk: int = 5000, result_seconds: float = 3600
    ) -> None:
        self.rows_per_chunk = rows_per_chunk
        self._file = settings.warehouse
        self._result_seconds = result_seconds
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        self._statements: dict[str, Statement] = {}

    def execute(
        self, sql: str, *, parameters: Sequence[Parameter] = (), row_limit: int | None = None
    ) -> Result:
        """Run a query and return its result; nothing is kept.

        Raises:
            SqlFailed: the query cannot be run.
        """
        statement = Statement(sql=sql, parameters=tuple(parameters), row_limit=row_limit)
        self.run(statement)
        if statement.failure is not None:
            raise statement.failure
        assert statement.result is not None
        return statement.result

    def submit(self, statement: Statement) -> None:
        """Keep a statement, so that it can be asked for by its id."""
        with self._lock:
            self._forget_old()
            self._statements[statement.statement_id] = statement

    def run(self, statement: Statement) -> None:
        """Run a statement to its end in this thread; how it ended is written into it."""
        try:
            result = self._run(statement)
        except SqlFailed as failure:
            self._end(statement, "FAILED", failure=failure)
        except SqlCanceled:
            self._end(statement, "CANCELED")
        else:
            self._end(statement, "SUCCEEDED", result=result)

    def cancel(self, statement: Statement) -> None:
        """Stop a statement that has not ended."""
        with self._lock:
            if statement.ended.is_set():
                return
            statement.state = "CANCELED"
            if statement.cursor is None:
                return
        threading.Thread(target=self._interrupt, args=(statement,), daemon=True).start()

    def _interrupt(self, statement: Statement) -> None:
        """Interrupt a statement until it ends: one that comes before its query runs is lost."""
        ended = False
        while not ended:
            with self._lock:
                if statement.cursor is None:
                    return
                statement.cursor.interrupt()
            ended = statement.ended.wait(_INTERRUPT_AGAIN)

    def statement(self, statement_id: str) -> Statement | None:
        """Return a statement whose result is still kept, or None."""
        with self._lock:
            self._forget_old()
            return self._statements.get(statement_id)

    def tables(self) -> frozenset[tuple[str, ...]]:
        """Return the tables that there are, each as the parts of its name."""
        with self._cursor() as cursor:
            cursor.execute(_TABLES)
            return frozenset(tuple(row) for row in cursor.fetchall())

    def close(self) -> None:
        """Close the file; the next query opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _run(self, statement: Statement) -> Result:
        translation = translate(
            statement.sql,
            statement.parameters,
            catalog=statement.catalog,
            schema=statement.schema,
        )
        with self._cursor() as cursor:
            self._start(statement, cursor)
            try:
                return _fetch(cursor, translation, statement)
            except duckdb.InterruptException as error:
                raise SqlCanceled from error
            except duckdb.CatalogException as error:
                raise self._missing_table(translation) or from_duckdb(error) from error
            except duckdb.Error as error:
                raise from_duckdb(error) from error
            finally:
                # Before it is closed: a closed one cannot be interrupted.
                with self._lock:
                    statement.cursor = None

    def _start(self, statement: Statement, cursor: duckdb.DuckDBPyConnection) -> None:
        with self._lock:
            if statement.state == "CANCELED":
                raise SqlCanceled
            statement.state, statement.cursor = "RUNNING", cursor

    def _end(self, statement: Statement, state: str, **outcome: Any) -> None:
        with self._lock:
            # A cancel that came in after the last row still counts.
            statement.state = "CANCELED" if statement.state == "CANCELED" else state
            if statement.state != "CANCELED":
                statement.result = outcome.get("result")
                statement.failure = outcome.get("failure")
            statement.ended_at = time.time()
            statement.ended.set()

    def _missing_table(self, translation: Translation) -> SqlFailed | None:
        missing = sorted(translation.tables - self.tables())
        known_schema = [each for each in missing if each[1:2] != ("information_schema",)]
        return not_found(qualified(known_schema[0])) if known_schema else None

    def _forget_old(self) -> None:
        oldest = time.time() - self._result_seconds
        for statement_id, statement in list(self._statements.items()):
            if statement.ended_at is not None and statement.ended_at < oldest:
                del self._statements[statement_id]

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            if self._connection is None:
                self._connection = self._connect()
            cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def _connect(self) -> duckdb.DuckDBPyConnection:
        """Open the file so that a query can neither write nor reach anything else."""
        # Without this, a query could read the variables of this very process by name.
        connection = duckdb.connect(config={"python_enable_replacements": False})
        path = str(self._file).replace("'", "''")
        connection.execute(f"ATTACH '{path}' AS {CATALOG} (READ_ONLY)")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET memory_limit = '1GB'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        return connection


def _fetch(
    cursor: duckdb.DuckDBPyConnection, translation: Translation, statement: Statement
) -> Result:
    cursor.execute(translation.sql, translation.values or None)
    columns = _columns(cursor)
    zoned = [c for c in columns if str(cursor.description[c.position][1]).endswith("TIME ZONE")]
    if zoned:
        # DuckDB's Python values with a zone need pytz; as UTC without a zone they do not.
        cursor.execute(_without_zones(translation.sql, columns, zoned), translation.values or None)
    rows, is_truncated = _rows(cursor, statement)
    return Result(columns=columns, rows=tuple(rows), is_truncated=is_truncated)


def _rows(cursor: duckdb.DuckDBPyConnection, statement: Statement) -> tuple[list[Row], bool]:
    """Return the rows up to the statement's limits, and whether there were more."""
    rows: list[Row] = []
    size = 0
    while batch := cursor.fetchmany(_BATCH):
        for row in rows_as_text(batch):
            size += sum(len(value.encode()) for value in row if value is not None)
            if len(rows) == statement.row_limit or size > (statement.byte_limit or INLINE_BYTES):
                return rows, _check_inline(statement, size)
            rows.append(row)
    return rows, False


def _check_inline(statement: Statement, size: int) -> bool:
    """Fail where only the platform's own limit, not one that was asked for, cuts a result."""
    if statement.byte_limit is None and size > INLINE_BYTES:
        raise SqlFailed(
            "INLINE_BYTE_LIMIT_EXCEEDED",
            f"A result with disposition INLINE has at most {INLINE_BYTES} bytes; "
            "set a row_limit or byte_limit.",
            sql_state="54000",
        )
    return True


def _columns(cursor: duckdb.DuckDBPyConnection) -> tuple[Column, ...]:
    described = enumerate(cursor.description)
    return tuple(column_of(each[0], position, each[1]) for position, each in described)


def _without_zones(sql: str, columns: Sequence[Column], zoned: Sequence[Column]) -> str:
    names = ", ".join(f"c{column.position}" for column in columns)
    values = ", ".join(
        f"c{c.position} AT TIME ZONE 'UTC'" if c in zoned else f"c{c.position}" for c in columns
    )
    return f"SELECT {values} FROM ({sql}) AS t({names})"  # noqa: S608 (no value stands in it)
