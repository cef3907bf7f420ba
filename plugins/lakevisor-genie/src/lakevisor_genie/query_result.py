"""Reading the rows behind an answer of Genie's, chunk by chunk."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lakevisor_genie.client import GenieClient
from lakevisor_genie.faults import failed_query
from lakevisor_genie.links import Links, Texts
from lakevisor_genie.outcomes import (
    Expired,
    Failed,
    NotFound,
    Reply,
    Unanswered,
)
from lakevisor_genie.patience import Pauses
from lakevisor_genie.result_table import ResultTable
from lakevisor_genie.values import Column, Value, read_value

if TYPE_CHECKING:
    from databricks.sdk.service.sql import ColumnInfo, ResultData, StatementResponse

Row = tuple[Value, ...]
_RERUNS = 2
"""How often a query whose result has expired is run again."""
_PER_CELL = 3
"""Bytes of a cell besides its text: quotes and a comma."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """The result of a query that has succeeded. Its rows are read only when they are asked for."""

    statement_id: str
    """The statement that has it."""
    columns: Sequence[Column]
    """Its columns."""
    row_count: int
    """How many rows it has."""
    is_truncated: bool
    """Whether the warehouse cut it: the query has more rows."""
    first: ResultData | None = field(repr=False)
    """Its first chunk."""
    links: Links = field(repr=False)
    """Fetch the others, and what comes behind links."""
    form: str = "JSON_ARRAY"
    """The format of what comes behind links."""

    async def rows(self) -> AsyncGenerator[tuple[Row, int]]:
        """Yield each row with the bytes that it came in; one chunk is held at a time.

        Raises:
            Unanswered: a further chunk cannot be had.
        """
        async with aclosing(self.chunks()) as chunks:
            async for chunk in chunks:
                for texts in chunk:
                    size = sum(len(text or "") + _PER_CELL for text in texts)
                    yield self._row(texts), size

    async def chunks(self) -> AsyncGenerator[Sequence[Texts]]:
        """Yield the rows of each chunk as the warehouse sends them: texts, and None for null.

        They come with the chunk; where the warehouse gives links instead, from there.

        Raises:
            Unanswered: a further chunk cannot be had.
        """
        chunk = self.first
        if chunk is not None and chunk.external_links:
            async with aclosing(self._behind_links(chunk)) as parts:
                async for rows in parts:
                    yield rows
            return
        while chunk is not None:
            yield [[_text(cell) for cell in cells] for cells in chunk.data_array or ()]
            following, chunk = chunk.next_chunk_index, None
            if following is not None:
                chunk = await self.links.chunk(following)

    async def _behind_links(self, first: ResultData) -> AsyncGenerator[Sequence[Texts]]:
        if self.form != "JSON_ARRAY":
            raise Unanswered(Failed(reason=f"its result comes in the format {self.form}"))
        async for link in self.links.behind(first):
            async with aclosing(self.links.rows(link)) as parts:
                async for rows in parts:
                    yield rows

    async def head(self, *, max_rows: int, max_bytes: int) -> ResultTable:
        """Return the first rows, within a budget; what cannot be had after the first chunk is cut.

        Raises:
            Unanswered: the result is said to have rows and none came.
        """
        rows: list[Row] = []
        patience = self.links.client.patience
        try:
            async with asyncio.timeout(patience.left()), aclosing(self.rows()) as found:
                async for row, size in found:
                    max_bytes -= size
                    if len(rows) == max_rows or (rows and max_bytes < 0):
                        break
                    rows.append(row)
        except Unanswered:
            if not rows:
                raise
        except TimeoutError as error:
            if not rows:
                raise patience.is_over() from error
        if not rows and self.row_count:
            raise Unanswered(Failed(reason="its rows did not come with its result"))
        return ResultTable(
            columns=self.columns,
            rows=rows,
            row_count=max(self.row_count, len(rows)),
            is_truncated=self.is_truncated,
        )

    def _row(self, texts: Texts) -> Row:
        padded = [*texts, *[None] * (len(self.columns) - len(texts))]
        pairs = zip(padded, self.columns, strict=False)
        return tuple(read_value(text, column) for text, column in pairs)


async def open_result(reply: Reply, client: GenieClient) -> Result:
    """Return the result of a reply's query once it is there; an expired one is made again.

    Raises:
        Unanswered: the query failed, or its result cannot be had.
    """
    assert reply.query is not None, "only a query has a result"
    genie, at = client.genie, reply.at
    ids = (at.space_id, at.conversation_id, at.message_id, reply.query.attachment_id)
    reruns, is_expired, pauses = 0, reply.is_expired, Pauses()
    while True:
        fetch = genie.get_message_attachment_query_result
        if is_expired:
            if reruns == _RERUNS:
                raise Unanswered(Expired())
            reruns, fetch = reruns + 1, genie.execute_message_attachment_query
        try:
            statement = (await client.patiently(fetch, *ids)).statement_response
        except Unanswered as fault:
            # The result is gone with its statement; the message is not, else there is no reply.
            if not isinstance(fault.outcome, NotFound):
                raise
            is_expired = True
            continue
        state = state_of(statement)
        if statement is not None and state == "SUCCEEDED":
            return read_statement(statement, client)
        is_expired = state in ("CLOSED", "CANCELED")
        if not is_expired:
            await client.patience.pause(pauses.after(state))


def state_of(statement: StatementResponse | None) -> str:
    """Return the state of a statement; an unknown one is still running.

    Raises:
        Unanswered: it has failed, or there is none.
    """
    if statement is None:
        raise Unanswered(Failed(reason="it gave no result"))
    status = statement.status
    state = status.state.value if status is not None and status.state is not None else ""
    if state == "FAILED":
        error = status.error if status is not None else None
        raise Unanswered(failed_query(error.message if error is not None else None))
    return state


def read_statement(statement: StatementResponse, client: GenieClient) -> Result:
    """Return the result of a statement that has succeeded."""
    manifest, first = statement.manifest, statement.result
    schema = manifest.schema if manifest is not None else None
    columns = sorted(
        (schema.columns if schema else None) or (), key=lambda each: each.position or 0
    )
    said = manifest.total_row_count if manifest is not None else None
    form = manifest.format if manifest is not None else None
    came = len(first.data_array or ()) if first is not None else 0
    return Result(
        statement_id=statement.statement_id or "",
        columns=tuple(_column(each) for each in columns),
        row_count=max(said or 0, came),
        is_truncated=bool(manifest is not None and manifest.truncated),
        first=first,
        links=Links(statement_id=statement.statement_id or "", client=client),
        form=form.value if form is not None else "unknown",
    )


def _column(info: ColumnInfo) -> Column:
    """Return a column; a type that the SDK does not know has its text only (`TIMESTAMP_NTZ`)."""
    text = info.type_text or ""
    name = info.type_name.value if info.type_name is not None else text.partition("(")[0].upper()
    return Column(name=info.name or "", type_name=name, type_text=text)


def _text(cell: Any) -> str | None:
    """Return a cell as text; the API sends nothing else, today."""
    return cell if cell is None or isinstance(cell, str) else json.dumps(cell)
