"""The warehouse: runs queries on the DuckDB file and keeps their results for a while."""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from local_workspace.rules import Rules
from local_workspace.settings import Settings
from local_workspace.sql.external_links import ExternalLinks
from local_workspace.sql.failure import SqlCanceled, SqlFailed, from_duckdb, not_found
from local_workspace.sql.grants import Grants
from local_workspace.sql.query import Query
from local_workspace.sql.result import Result, Table
from local_workspace.sql.spool import spool_arrow, spool_rows
from local_workspace.sql.statement import Statement
from local_workspace.sql.statement_rules import StatementRule
from local_workspace.sql.translation import Parameter, Translation, qualified, translate

WAREHOUSE_ID = "local0000warehouse"
CATALOG = "samples"
_CHUNKS_IN_A_LINK = 100
"""What is behind an external link has this many times the rows of a chunk that is inline."""
_INTERRUPT_AGAIN = 0.05
"""Seconds after which a query that was interrupted and goes on is interrupted again."""
_TABLES = (
    "SELECT table_catalog, table_schema, table_name FROM system.information_schema.tables "
    "WHERE table_catalog = 'samples'"
)
_T = TypeVar("_T")


class Warehouse:
    """Databricks SQL on a DuckDB file that is opened read only."""

    def __init__(
        self,
        settings: Settings,
        grants: Grants,
        *,
        rows_per_chunk: int = 1000,
        result_seconds: float = 3600,
    ) -> None:
        self.rules = Rules(StatementRule)
        self.external_links = ExternalLinks(self.statement)
        self.grants = grants
        self._rows_per_chunk = rows_per_chunk
        self._file = settings.warehouse
        self._results = settings.results
        self._result_seconds = result_seconds
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        self._statements: dict[str, Statement] = {}

    def execute(
        self, sql: str, *, parameters: Sequence[Parameter] = (), row_limit: int | None = None
    ) -> Table:
        """Run a query of the workspace's own and return what it gives; nothing is kept.

        Raises:
            SqlFailed: the query cannot be run.
        """

        def read(query: Query) -> Table:
            columns, rows = query.text()
            return Table(columns=columns, rows=tuple(islice(rows, row_limit)))

        return self._run(Statement(sql=sql, parameters=tuple(parameters)), read)

    async def carry_out(self, statement: Statement) -> None:
        """Run a statement to its end; when this task is cancelled, so is the statement."""
        self.submit(statement)
        rule = self.rules.take(lambda each: each.fits(statement.sql))
        try:
            if rule is None or await self._obey(rule, statement):
                await asyncio.to_thread(self.run, statement)
        except asyncio.CancelledError:
            self.cancel(statement)
            raise

    async def _obey(self, rule: StatementRule, statement: Statement) -> bool:
        """Do to a statement what a rule says; return whether it shall still be run."""
        statement.link_seconds = rule.link_seconds
        if rule.format is not None and statement.disposition == "EXTERNAL_LINKS":
            statement.format = rule.format
        statement.state = "RUNNING"
        try:
            await asyncio.wait_for(statement.cancelled.wait(), rule.seconds)
        except TimeoutError:
            # Nobody has cancelled it while the rule let it wait: it goes on.
            pass
        except asyncio.CancelledError:
            self._end(statement, "CANCELED")
            raise
        if statement.cancelled.is_set():
            self._end(statement, "CANCELED")
            return False
        if rule.error is not None:
            self._end(statement, "FAILED", failure=rule.error.failure())
            return False
        return True

    def submit(self, statement: Statement) -> None:
        """Keep a statement, so that it can be asked for by its id."""
        with self._lock:
            self._forget_old()
            self._statements[statement.statement_id] = statement

    def run(self, statement: Statement) -> None:
        """Run a statement to its end in this thread; how it ended is written into it."""
        try:
            result = self._run(statement, lambda query: self._spooled(statement, query))
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
            statement.cancelled.set()
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

    def expire(self, statement_id: str | None = None) -> None:
        """Forget the result of a statement that has ended, or all of them, before their time."""
        with self._lock:
            for known in [*self._statements] if statement_id is None else [statement_id]:
                statement = self._statements.get(known)
                if statement is not None and statement.ended_at is not None:
                    self._forget(known)

    def tables(self) -> frozenset[tuple[str, ...]]:
        """Return the tables that there are, each as the parts of its name."""
        with self._cursor() as cursor:
            cursor.execute(_TABLES)
            return frozenset(tuple(row) for row in cursor.fetchall())

    def remove_leftovers(self) -> None:
        """Remove the results that a server before this one kept; nobody can ask for them."""
        shutil.rmtree(self._results, ignore_errors=True)

    def close(self) -> None:
        """Close the file; the next query opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _run(self, statement: Statement, read: Callable[[Query], _T]) -> _T:
        translation = translate(
            statement.sql,
            statement.parameters,
            catalog=statement.catalog,
            schema=statement.schema,
        )
        self.grants.check(statement.owner_id, translation.tables)
        with self._cursor() as cursor:
            self._start(statement, cursor)
            try:
                return read(Query(cursor, translation))
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

    def _spooled(self, statement: Statement, query: Query) -> Result:
        folder = self._folder(statement.statement_id)
        folder.mkdir(parents=True)
        rows = self._rows_per_chunk
        if statement.disposition == "EXTERNAL_LINKS":
            rows *= _CHUNKS_IN_A_LINK
        try:
            if statement.format == "ARROW_STREAM":
                columns, batches = query.arrow(rows)
                return spool_arrow(batches, statement, columns=columns, folder=folder)
            columns, texts = query.text()
            return spool_rows(texts, statement, columns=columns, folder=folder, rows_per_chunk=rows)
        except BaseException:
            shutil.rmtree(folder)
            raise

    def _folder(self, statement_id: str) -> Path:
        return self._results / statement_id

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
                self._forget(statement_id)

    def _forget(self, statement_id: str) -> None:
        """Forget a statement and remove its files; the caller holds the lock."""
        del self._statements[statement_id]
        shutil.rmtree(self._folder(statement_id), ignore_errors=True)

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
