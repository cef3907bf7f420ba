"""Genie's download of a full result: the query runs again, and its rows come behind links.

Of a large result Genie itself keeps the first rows only.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_genie.client import GenieClient
from lakevisor_genie.csv_file import csv_lines
from lakevisor_genie.links import Links, Texts
from lakevisor_genie.outcomes import Expired, Failed, Reply, Unanswered
from lakevisor_genie.patience import Pauses
from lakevisor_genie.query_result import state_of

if TYPE_CHECKING:
    from databricks.sdk.service.sql import StatementResponse


@dataclass(frozen=True, kw_only=True)
class FullResult:
    """A result with all its rows, ready to be fetched."""

    statement: StatementResponse
    """The statement whose result it is."""
    links: Links
    """Read what stands behind the links to it."""

    @property
    def row_count(self) -> int:
        """Return how many rows it has."""
        manifest = self.statement.manifest
        return (manifest.total_row_count if manifest is not None else None) or 0

    @property
    def is_truncated(self) -> bool:
        """Return whether it was cut all the same."""
        manifest = self.statement.manifest
        return bool(manifest is not None and manifest.truncated)

    async def csv(self) -> AsyncGenerator[bytes]:
        """Yield it as CSV, its header first.

        Raises:
            Unanswered: it cannot be had, or not to its end, or has another form.
        """
        parts = self._as_it_is() if self._form() == "CSV" else self._from_json()
        async with aclosing(parts):
            async for part in parts:
                yield part

    async def _as_it_is(self) -> AsyncGenerator[bytes]:
        async for link in self.links.behind(self.statement.result):
            async with aclosing(self.links.content(link)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _from_json(self) -> AsyncGenerator[bytes]:
        yield csv_lines([self._names()])
        count = 0
        async for link in self.links.behind(self.statement.result):
            async with aclosing(self.links.rows(link)) as parts:
                async for rows in parts:
                    count += len(rows)
                    yield csv_lines(rows)
        if count != self.row_count:
            raise Unanswered(Failed(reason=f"{count:,} of {self.row_count:,} rows came"))

    def _form(self) -> str:
        manifest = self.statement.manifest
        form = manifest.format.value if manifest is not None and manifest.format else "unknown"
        if form not in ("CSV", "JSON_ARRAY"):
            raise Unanswered(Failed(reason=f"its full result comes in the format {form}"))
        return form

    def _names(self) -> Texts:
        manifest = self.statement.manifest
        schema = manifest.schema if manifest is not None else None
        columns = (schema.columns if schema is not None else None) or ()
        return [each.name for each in sorted(columns, key=lambda each: each.position or 0)]


async def full_result(reply: Reply, client: GenieClient) -> FullResult:
    """Have the query of a reply run again, and return its full result once it is there.

    Raises:
        Unanswered: the query failed, or took too long.
    """
    assert reply.query is not None, "only a query has a result"
    genie, at = client.genie, reply.at
    ids = (at.space_id, at.conversation_id, at.message_id, reply.query.attachment_id)
    begun = await client.patiently(genie.generate_download_full_query_result, *ids)
    key = (begun.download_id or "", begun.download_id_signature or "")
    client.turn.progress("Genie is running the query for all rows…")
    pauses = Pauses()
    while True:
        look = genie.get_download_full_query_result
        statement = (await client.patiently(look, *ids, *key)).statement_response
        state = state_of(statement)
        if statement is not None and state == "SUCCEEDED":
            links = Links(statement_id=statement.statement_id or "", client=client)
            return FullResult(statement=statement, links=links)
        if state in ("CLOSED", "CANCELED"):
            raise Unanswered(Expired())
        await client.patience.pause(pauses.after(state))
