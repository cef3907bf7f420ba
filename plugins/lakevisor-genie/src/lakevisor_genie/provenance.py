"""Where an answer comes from: kept with the thread, and told when it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, JsonValue

from lakevisor_genie.outcomes import Answered, MessageRef, Outcome, Query


class Provenance(BaseModel):
    """Where one answer comes from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    space: str
    """The configured name of the space."""
    question: str
    """What Genie was asked."""
    outcome: str
    """What came of it, as one word."""
    conversation_id: str
    """Genie's conversation."""
    message_id: str
    """The message in it."""
    ran_at: str | None = None
    """When Genie had ended, ISO 8601."""
    statement_id: str | None = None
    """The statement that ran the query."""
    sql: str | None = None
    """The query."""
    parameters: Mapping[str, str] = {}
    """The values of its markers."""
    tables: tuple[str, ...] = ()
    """The tables that it reads, by their full names."""
    row_count: int | None = None
    """How many rows the result has."""
    is_truncated: bool = False
    """Whether the query has more rows than that."""

    def message(self, space_id: str) -> MessageRef:
        """Return where the message is, in a space."""
        return MessageRef(
            space_id=space_id, conversation_id=self.conversation_id, message_id=self.message_id
        )

    def data(self, *, with_sql: bool) -> dict[str, JsonValue]:
        """Return it for programs; without the SQL also without what gives it away."""
        hidden = set() if with_sql else {"sql", "parameters", "tables", "statement_id"}
        return self.model_dump(mode="json", exclude=hidden)


async def provenance(outcome: Outcome, *, space: str, question: str) -> Provenance | None:
    """Return where an outcome comes from; None where there is nothing that comes from somewhere."""
    if not isinstance(outcome, Answered):
        return None
    reply, table = outcome.reply, outcome.table
    known = Provenance(
        space=space,
        question=question,
        outcome=outcome.name,
        conversation_id=reply.at.conversation_id,
        message_id=reply.at.message_id,
        ran_at=(reply.ended_at or datetime.now(UTC)).isoformat(timespec="seconds"),
    )
    if reply.query is None or table is None:
        return known
    return known.model_copy(
        update={
            "statement_id": outcome.statement_id or reply.query.statement_id or None,
            "sql": reply.query.sql,
            "parameters": dict(reply.query.parameters),
            "tables": await asyncio.to_thread(tables_of, reply.query.sql),
            "row_count": table.row_count,
            "is_truncated": table.is_truncated,
        }
    )


def tables_of(sql: str) -> tuple[str, ...]:
    """Return the full names of the tables that a query reads, sorted; none if it is no SQL."""
    import sqlglot
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        query = sqlglot.parse_one(sql, dialect="databricks")
    except SqlglotError:
        return ()
    # Names that the query itself gives; whoever reads one of them reads what stands behind it.
    own = {each.alias_or_name.lower() for each in query.find_all(exp.CTE)}
    found = {
        ".".join(part.name for part in table.parts)
        for table in query.find_all(exp.Table)
        if table.db or table.name.lower() not in own
    }
    return tuple(sorted(name for name in found if name))


def sql_block(query: Query | Provenance) -> str:
    """Return the SQL, with the values of its parameters, as Markdown."""
    lines = ["```sql", (query.sql or "").strip()]
    lines += [f"-- :{name} = {value}" for name, value in query.parameters.items()]
    return "\n".join([*lines, "```"])
