"""Where an answer comes from, told to a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from lakevisor_genie.answers import cut
from lakevisor_genie.provenance import Provenance, sql_block
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.values import escaped, shown
from lakevisor_plugin import Answer

_NOTHING = "There is no answer from the data in this conversation yet."
_TOO_LONG = "The SQL was too long to be kept with the conversation; it stands in Genie's own."
_HIDDEN = "The SQL is not shown here: the configuration hides it."


def explanation(answers: Sequence[Provenance], settings: GenieSettings) -> Answer:
    """Return where the last answer of a thread comes from; Genie is not asked again."""
    with_query = [each for each in answers if each.row_count is not None]
    if not with_query:
        return Answer(text=_NOTHING)
    last, is_shown = with_query[-1], settings.show_sql != "never"
    facts = "\n".join(f"- {line}" for line in _facts(last, settings, with_sql=is_shown))
    head = _HIDDEN if not is_shown else sql_block(last) if last.sql else _TOO_LONG
    data = {"outcome": "explained", **last.data(with_sql=is_shown)}
    # The SQL stands last for a model: where it is too long, its end is what is cut.
    for_model = cut(f"{facts}\n\n{head}", settings.model_chars)
    return Answer(text=f"{head}\n\n{facts}", for_model=for_model, data=data)


def _facts(answer: Provenance, settings: GenieSettings, *, with_sql: bool) -> Iterator[str]:
    yield f"Question: {escaped(answer.question)}"
    space = settings.spaces.get(answer.space)
    yield f"Space: {space.title if space is not None else answer.space}"
    if answer.tables and with_sql:
        yield f"Tables: {', '.join(f'`{each}`' for each in answer.tables)}"
    cut = "; the query has more, the result was cut" if answer.is_truncated else ""
    yield f"Rows: {answer.row_count:,}{cut}"
    if answer.ran_at:
        moment = datetime.fromisoformat(answer.ran_at)
        yield f"Ran: {shown(moment, zone=ZoneInfo(settings.time_zone))}"
    if answer.statement_id and with_sql:
        yield f"Statement: `{answer.statement_id}`"
