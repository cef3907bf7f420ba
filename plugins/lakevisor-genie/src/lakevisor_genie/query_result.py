"""Reading the rows behind an answer of Genie's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_genie.conversation import Patience, growing_pauses
from lakevisor_genie.no_answer import NoAnswer, query_failed
from lakevisor_genie.result_table import Column, ResultTable
from lakevisor_plugin import Turn

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import (
        GenieGetMessageQueryResultResponse,
        GenieMessage,
    )
    from databricks.sdk.service.sql import ResultData, ResultManifest, StatementResponse

    Fetch = Callable[[str, str, str, str], GenieGetMessageQueryResultResponse]


@dataclass(frozen=True, kw_only=True)
class ResultReader:
    """Reads the results of one message's queries."""

    message: GenieMessage
    """The message, ended."""
    turn: Turn
    """The turn in which it was asked."""
    patience: Patience
    """How long a query may still be waited for."""
    max_rows: int
    """So many rows at most are read."""

    async def read(self, attachment_id: str) -> ResultTable:
        """Return the rows of a query attachment, over all chunks of its result.

        Raises:
            NoAnswer: the query failed, or its result has expired and cannot be had again.
        """
        statement = await self._finished(attachment_id)
        manifest = statement.manifest
        rows = await self._rows(statement)
        return ResultTable(
            columns=_columns(manifest),
            rows=tuple(tuple(row) for row in rows[: self.max_rows]),
            row_count=_row_count(manifest, at_least=len(rows)),
            is_truncated=bool(manifest is not None and manifest.truncated),
        )

    async def _finished(self, attachment_id: str) -> StatementResponse:
        """Return the statement once it has succeeded; an expired result is made once more."""
        genie = self.turn.workspace.genie
        is_expired = self._status == "QUERY_RESULT_EXPIRED"
        may_run_again = not is_expired
        fetch = genie.execute_message_attachment_query if is_expired else self._get
        for seconds in growing_pauses():
            statement = await self._fetch(fetch, attachment_id)
            fetch = self._get
            status = statement.status
            match status.state.value if status is not None and status.state is not None else "":
                case "SUCCEEDED":
                    return statement
                case "FAILED":
                    raise query_failed(status.error.message if status and status.error else None)
                case "CLOSED" | "CANCELED" if may_run_again:
                    may_run_again = False
                    fetch = genie.execute_message_attachment_query
                case "CLOSED" | "CANCELED":
                    raise NoAnswer("the result of its query has expired.", status="expired")
            await self.patience.pause(seconds)
        raise AssertionError("growing_pauses never ends")

    @property
    def _status(self) -> str:
        return self.message.status.value if self.message.status is not None else ""

    @property
    def _get(self) -> Fetch:
        return self.turn.workspace.genie.get_message_attachment_query_result

    async def _fetch(self, fetch: Fetch, attachment_id: str) -> StatementResponse:
        message = self.message
        ids = (message.space_id, message.conversation_id, message.message_id, attachment_id)
        answer = await self.turn.call(fetch, *ids)
        if answer.statement_response is None:
            raise NoAnswer("it gave no result.", status="failed")
        return answer.statement_response

    async def _rows(self, statement: StatementResponse) -> list[list[str]]:
        """Return at least `max_rows` rows, or all: the first answer holds only the first chunk."""
        chunk_of = self.turn.workspace.statement_execution.get_statement_result_chunk_n
        chunk: ResultData | None = statement.result
        rows: list[list[str]] = []
        while chunk is not None:
            rows.extend(chunk.data_array or ())
            if len(rows) >= self.max_rows or chunk.next_chunk_index is None:
                break
            chunk = await self.turn.call(
                chunk_of, statement.statement_id or "", chunk.next_chunk_index
            )
        return rows


def _columns(manifest: ResultManifest | None) -> tuple[Column, ...]:
    schema = manifest.schema if manifest is not None else None
    return tuple(
        Column(name=each.name or "", type_name=each.type_name.value if each.type_name else "")
        for each in (schema.columns if schema is not None else None) or ()
    )


def _row_count(manifest: ResultManifest | None, *, at_least: int) -> int:
    said = manifest.total_row_count if manifest is not None else None
    return max(said or 0, at_least)
