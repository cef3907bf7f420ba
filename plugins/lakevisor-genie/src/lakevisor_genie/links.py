"""Rows that come behind links to cloud storage, read piece by piece.

The links need no login, work for 15 minutes at most, and refuse one that is sent.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_genie.client import GenieClient
from lakevisor_genie.outcomes import Failed, Unanswered, Unreachable
from lakevisor_genie.patience import Pauses

if TYPE_CHECKING:
    import httpx
    from databricks.sdk.service.sql import ExternalLink, ResultData

Texts = Sequence[str | None]
"""A row as the warehouse sends it."""

_TRIES = 4
"""How often a link is read that breaks off; each time it goes on where it broke off."""
_ANSWER_SECONDS = 60.0
_PIECE_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Links:
    """The links of one statement's result."""

    statement_id: str
    """The statement."""
    client: GenieClient
    """Asks for further links."""

    async def chunk(self, index: int) -> ResultData:
        """Return a further chunk: rows, or links to them.

        Raises:
            Unanswered: it cannot be had.
        """
        fetch = self.client.statements.get_statement_result_chunk_n
        return await self.client.patiently(fetch, self.statement_id, index)

    async def behind(self, first: ResultData | None) -> AsyncIterator[ExternalLink]:
        """Yield each link when it is to be read: the next one is asked for only then."""
        data = first
        while data is not None:
            following = data.next_chunk_index
            for link in data.external_links or ():
                following = link.next_chunk_index
                yield link
            data = await self.chunk(following) if following is not None else None

    async def rows(self, link: ExternalLink) -> AsyncGenerator[Sequence[Texts]]:
        """Yield the rows behind a link to JSON, as many at a time as came together.

        Raises:
            Unanswered: they cannot be had, or not to their end.
        """
        reader = JsonRows()
        async with aclosing(self.content(link)) as pieces:
            async for piece in pieces:
                yield reader.read(piece)
        reader.end()

    async def content(self, link: ExternalLink) -> AsyncGenerator[bytes]:
        """Yield what stands behind a link; where it breaks off, go on there with a new link.

        Raises:
            Unanswered: it cannot be had, or not to its end.
        """
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
        data = await self.chunk(link.chunk_index or 0)
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


async def _read(web: httpx.AsyncClient, link: ExternalLink, *, skip: int) -> AsyncGenerator[bytes]:
    """Yield what stands behind a link, without so many bytes at its beginning."""
    request = web.stream("GET", link.external_link or "", headers=link.http_headers)
    async with request as answer:
        answer.raise_for_status()
        async for piece in answer.aiter_bytes(_PIECE_BYTES):
            skipped, skip = min(skip, len(piece)), max(0, skip - len(piece))
            if skipped < len(piece):
                yield piece[skipped:]
