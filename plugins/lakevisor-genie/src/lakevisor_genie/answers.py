"""What becomes of Genie's message: words and tables for the person, the same as data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import JsonValue

from lakevisor_genie.no_answer import NoAnswer
from lakevisor_genie.result_table import ResultTable
from lakevisor_plugin import Answer

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import GenieMessage, GenieQueryAttachment

_FOR_MODEL_CHARS = 2000
_SQL_FOR_MODEL_CHARS = 1200


@dataclass(frozen=True, kw_only=True)
class QueryAnswer:
    """One query of Genie's, with its rows."""

    query: GenieQueryAttachment
    """The query."""
    table: ResultTable
    """Its result."""

    def sql_block(self) -> str:
        """Return the SQL, with the values of its parameters, as Markdown."""
        lines = ["```sql", (self.query.query or "").strip()]
        lines += [f"-- :{name} = {value}" for name, value in self._parameters().items()]
        return "\n".join([*lines, "```"])

    def data(self) -> dict[str, JsonValue]:
        """Return the query and its rows for programs."""
        columns: list[JsonValue] = [
            {"name": column.name, "type": column.type_name} for column in self.table.columns
        ]
        return {
            "sql": self.query.query,
            "parameters": dict(self._parameters()),
            "statement_id": self.query.statement_id,
            "columns": columns,
            "rows": [list(row) for row in self.table.rows],
            "row_count": self.table.row_count,
            "is_truncated": self.table.is_truncated,
        }

    def _parameters(self) -> dict[str, str]:
        return {
            each.keyword: each.value or "" for each in self.query.parameters or () if each.keyword
        }


def texts(message: GenieMessage) -> list[str]:
    """Return what Genie says in words: its answer, its summary, or a question back."""
    said = [each.text.content for each in message.attachments or () if each.text is not None]
    return [text.strip() for text in said if text and text.strip()]


def answer(
    message: GenieMessage,
    queries: Sequence[QueryAnswer],
    *,
    space: str,
    show_sql: Literal["on_request", "always"],
) -> Answer:
    """Return Genie's answer.

    Args:
        message: the completed message.
        queries: its queries with their rows; none when Genie only has words.
        space: the configured name of the space.
        show_sql: whether the person sees the SQL without asking for it.

    Raises:
        NoAnswer: Genie has completed without a word or a query.
    """
    words = texts(message) or _descriptions(queries)
    parts = [*words, *(each.table.markdown() for each in queries)]
    if not parts:
        raise NoAnswer("it ended without an answer.", status="empty")
    if show_sql == "always":
        parts += [each.sql_block() for each in queries]
    return Answer(
        text="\n\n".join(parts),
        for_model=_for_model(words, queries) if queries else "",
        data=_data(message, queries, space=space),
    )


def no_answer(fault: NoAnswer, *, space: str) -> Answer:
    """Return that there is no answer, in words that cannot be taken for one."""
    return Answer(
        text=f"Genie could not answer: {fault.reason}",
        data={"space": space, "status": fault.status},
    )


def _descriptions(queries: Sequence[QueryAnswer]) -> list[str]:
    return [each.query.description.strip() for each in queries if each.query.description]


def _for_model(words: Sequence[str], queries: Sequence[QueryAnswer]) -> str:
    """Return what a model needs to go on, or to tell the SQL when it is asked for it."""
    sql = "\n".join(each.sql_block() for each in queries)
    if len(sql) > _SQL_FOR_MODEL_CHARS:
        sql = f"{sql[:_SQL_FOR_MODEL_CHARS]} …\n```"
    told = "\n\n".join([*words, *(each.table.markdown() for each in queries)])
    room = _FOR_MODEL_CHARS - len(sql) - 40
    short = told if len(told) <= room else f"{told[:room]} …"
    return f"{short}\n\nThe SQL behind it:\n{sql}"


def _data(
    message: GenieMessage, queries: Sequence[QueryAnswer], *, space: str
) -> dict[str, JsonValue]:
    suggested = [
        question
        for each in message.attachments or ()
        if each.suggested_questions is not None
        for question in each.suggested_questions.questions or ()
    ]
    data: dict[str, JsonValue] = {
        "space": space,
        "status": "completed",
        "conversation_id": message.conversation_id,
        "message_id": message.message_id,
        "suggested_questions": [*suggested],
    }
    if queries:
        data |= queries[0].data()
    if len(queries) > 1:
        data["further_queries"] = [each.data() for each in queries[1:]]
    return data
