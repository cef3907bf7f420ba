"""Genie's download of a full result: the query runs again, and its rows come behind links.

Of a large result Genie itself keeps the first rows only. The links need no login, work for 15
minutes at most, and refuse one that is sent.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_genie.client import GenieClient
from lakevisor_genie.csv_file import csv_lines
from lakevisor_genie.outcomes import Expired, Failed, Reply, Unanswered, Unreachable
from lakevisor_genie.patience import Pauses
from lakevisor_genie.query_result import Texts, state_of

if TYPE_CHECKING:
    import httpx
    from databricks.sdk.service.sql import ExternalLink, ResultData, StatementResponse

_TRIES = 4
"""How often a link is read that breaks off; each time it goes on where it broke off."""
_ANSWER_SECONDS = 60.0
_PIECE_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class FullResult:
    """A result with all its rows, ready to be fetched."""

    statement: StatementResponse
    """The statement whose result it is."""
    client: GenieClient
    """Asks for further links."""

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
        is_csv, count = self._form() == "CSV", 0
        if not is_csv:
            yield csv_lines([self._names()])
        async for link in self._links():
            reader = JsonRows()
            async with aclosing(self._content(link)) as pieces:
                async for piece in pieces:
                    yield piece if is_csv else csv_lines(reader.read(piece))
            if not is_csv:
                count += reader.end()
        if not is_csv and count != self.row_count:
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

    async def _links(self) -> AsyncIterator[ExternalLink]:
        """Yield each link when it is to be read: the next one is asked for only then."""
        data: ResultData | None = self.statement.result
        while data is not None:
            following = data.next_chunk_index
            for link in data.external_links or ():
                following = link.next_chunk_index
                yield link
            data = await self._chunk(following) if following is not None else None

    async def _chunk(self, index: int) -> ResultData:
        fetch = self.client.statements.get_statement_result_chunk_n
        return await self.client.patiently(fetch, self.statement.statement_id or "", index)

    async def _content(self, link: ExternalLink) -> AsyncGenerator[bytes]:
        """Yield what stands behind a link; where it breaks off, go on there with a new link."""
        import httpx

        received, pauses = 0, Pauses()
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS) as web:
            for tried in range(1, _TRIES + 1):
                try:
                    async with aclosing(_read(web, link, skip=received)) as pieces:
                        async for piece in pieces:
                            received += len(piece)
                            yield piece
                except httpx.HTTPError:
                    if tried == _TRIES:
                        # Without its cause, which names the link: who has it needs no login.
                        raise Unanswered(Unreachable()) from None
                else:
                    return
                await self.client.patience.pause(pauses.after("broken off"))
                link = await self._again(link)

    async def _again(self, link: ExternalLink) -> ExternalLink:
        data = await self._chunk(link.chunk_index or 0)
        found = (each for each in data.external_links or ())
        return next((each for each in found if each.chunk_index == link.chunk_index), link)


class JsonRows:
    """Reads an array of rows from pieces of JSON, without ever holding it whole."""

    def __init__(self) -> None:
        """Begin before the first piece."""
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._scanner = json.JSONDecoder()
        self._rest = ""
        self._has_begun = False
        self._count = 0

    def read(self, piece: bytes) -> list[Texts]:
        """Return the rows that are whole with this piece."""
        text, at, rows = self._rest + self._decoder.decode(piece), 0, []
        if not self._has_begun:
            at = text.find("[") + 1
            self._has_begun = at > 0
        while self._has_begun and (start := text.find("[", at)) >= 0:
            try:
                row, at = self._scanner.raw_decode(text, start)
            except json.JSONDecodeError:
                # The rest of the row comes with the next piece.
                break
            rows.append(row)
        self._rest = text[at:]
        self._count += len(rows)
        return rows

    def end(self) -> int:
        """Make sure that the last piece was the end, and return how many rows there were.

        Raises:
            Unanswered: the array breaks off.
        """
        if not self._has_begun or self._rest.strip() != "]":
            raise Unanswered(Failed(reason="its full result breaks off"))
        return self._count


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
            return FullResult(statement=statement, client=client)
        if state in ("CLOSED", "CANCELED"):
            raise Unanswered(Expired())
        await client.patience.pause(pauses.after(state))


async def _read(web: httpx.AsyncClient, link: ExternalLink, *, skip: int) -> AsyncGenerator[bytes]:
    """Yield what stands behind a link, without so many bytes at its beginning."""
    request = web.stream("GET", link.external_link or "", headers=link.http_headers)
    async with request as answer:
        answer.raise_for_status()
        async for piece in answer.aiter_bytes(_PIECE_BYTES):
            skipped, skip = min(skip, len(piece)), max(0, skip - len(piece))
            if skipped < len(piece):
                yield piece[skipped:]
