"""The full result behind an answer as a file, beyond what is read, past every model."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from lakevisor_genie.client import GenieClient
from lakevisor_genie.csv_file import csv_lines
from lakevisor_genie.full_result import full_result
from lakevisor_genie.outcomes import Answered, Failed, MessageRef, Reply, Unanswered
from lakevisor_genie.query_result import Result, open_result
from lakevisor_genie.reasons import reason, without_query
from lakevisor_genie.reply import read_reply
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace
from lakevisor_plugin import Downloaded, GiveUp, Turn

_SEPARATOR = "/"


def reference(answered: Answered, space: ConfiguredSpace) -> str:
    """Return the text by which `download` finds the result of an answer that has rows."""
    at = answered.reply.at
    return _SEPARATOR.join((space.name, at.conversation_id, at.message_id))


async def download(
    settings: GenieSettings, reference: str, turn: Turn
) -> AsyncGenerator[bytes | Downloaded]:
    """Yield the full result of an answer's query as CSV.

    Where Genie has kept all rows they are read from there; where it has cut them the query runs
    again, so that the figures are those of now.

    Raises:
        GiveUp: it cannot be had; the message says why.
    """
    space, at = _found(settings, reference)
    try:
        client = await GenieClient.of(turn, settings, at_most=turn.seconds_left())
        message = await client.patiently(
            client.genie.get_message, at.space_id, at.conversation_id, at.message_id
        )
        reply = read_reply(message, at)
        if reply.query is None:
            raise GiveUp("Genie's answer has no result any more.")
        result = await open_result(reply, client)
        parts = _again(reply, client) if result.is_truncated else _kept(result)
        async with aclosing(parts):
            async for part in parts:
                yield part
    except Unanswered as fault:
        why = reason(without_query(fault.outcome, settings), space)
        raise GiveUp(f"The full result cannot be had: {why}") from fault


async def _kept(result: Result) -> AsyncGenerator[bytes | Downloaded]:
    """Yield what Genie has kept, which is all."""
    yield csv_lines([[column.name for column in result.columns]])
    count = 0
    async with aclosing(result.chunks()) as chunks:
        async for rows in chunks:
            count += len(rows)
            result.links.client.turn.progress(f"{count:,} of {result.row_count:,} rows")
            yield csv_lines(rows)
    if count < result.row_count:
        raise Unanswered(Failed(reason=f"{count:,} of {result.row_count:,} rows came"))
    yield _end(count, is_truncated=False)


async def _again(reply: Reply, client: GenieClient) -> AsyncGenerator[bytes | Downloaded]:
    """Yield what the query gives when it runs again without Genie's limit."""
    full, size = await full_result(reply, client), 0
    async with aclosing(full.csv()) as pieces:
        async for piece in pieces:
            size += len(piece)
            client.turn.progress(f"{size / 1e6:,.1f} MB of {full.row_count:,} rows")
            yield piece
    yield _end(full.row_count, is_truncated=full.is_truncated)


def _end(rows: int, *, is_truncated: bool) -> Downloaded:
    cut = " The query has more: its result was cut." if is_truncated else ""
    named = "1 row" if rows == 1 else f"{rows:,} rows"
    return Downloaded(text=f"{named}.{cut}", data={"rows": rows, "is_truncated": is_truncated})


def _found(settings: GenieSettings, reference: str) -> tuple[ConfiguredSpace, MessageRef]:
    name, _, ids = reference.partition(_SEPARATOR)
    conversation_id, _, message_id = ids.partition(_SEPARATOR)
    if name not in settings.spaces:
        raise GiveUp(f"The space {name!r} of this answer is no longer configured.")
    space = ConfiguredSpace(name=name, settings=settings.spaces[name])
    at = MessageRef(
        space_id=space.settings.space_id, conversation_id=conversation_id, message_id=message_id
    )
    return space, at
