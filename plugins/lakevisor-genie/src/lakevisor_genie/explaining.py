"""Where an answer comes from, told to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from lakevisor_genie.provenance import Provenance, sql_block
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.values import escaped, shown
from lakevisor_plugin import Answer

_NOTHING = "In this conversation there is no answer from the data yet, so there is no SQL to show."


def explanation(answers: Sequence[Provenance], settings: GenieSettings) -> Answer:
    """Return where the last answer of a thread comes from; Genie is not asked again."""
    with_query = [each for each in answers if each.sql]
    if not with_query:
        return Answer(text=_NOTHING)
    last = with_query[-1]
    facts = "\n".join(f"- {line}" for line in _facts(last, settings))
    text = f"{sql_block(last)}\n\n{facts}"
    return Answer(text=text, data={"outcome": "explained", **last.data(with_sql=True)})


def _facts(answer: Provenance, settings: GenieSettings) -> Iterator[str]:
    yield f"Question: {escaped(answer.question)}"
    space = settings.spaces.get(answer.space)
    yield f"Space: {space.title if space is not None else answer.space}"
    if answer.tables:
        yield f"Tables: {', '.join(f'`{each}`' for each in answer.tables)}"
    if answer.row_count is not None:
        cut = "; the query has more, the result was cut" if answer.is_truncated else ""
        yield f"Rows: {answer.row_count:,}{cut}"
    if answer.ran_at:
        moment = datetime.fromisoformat(answer.ran_at)
        yield f"Ran: {shown(moment, zone=ZoneInfo(settings.time_zone))}"
    if answer.statement_id:
        yield f"Statement: `{answer.statement_id}`"
