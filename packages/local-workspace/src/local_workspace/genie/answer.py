"""What Genie says: the attachments of a message, made from a query's result or from a text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_workspace.genie.records import new_id
from local_workspace.sql import Column, Parameter, Result

_NUMBERS = frozenset({"DECIMAL", "LONG", "INT", "SHORT", "BYTE", "DOUBLE", "FLOAT"})
_MOST_SUGGESTIONS = 3


@dataclass(frozen=True, kw_only=True)
class Query:
    """SQL that answers a question."""

    sql: str
    description: str
    parameters: tuple[Parameter, ...] = ()
    tables: tuple[str, ...] = ()
    """The tables that it reads, by their full names."""
    features: tuple[str, ...] = ()
    """What the question was about, for a follow-up."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words instead of a query, as a question back."""

    content: str


def text_attachments(text: Text) -> list[dict[str, Any]]:
    """Return the attachments of an answer without a query."""
    content = {"content": text.content, "purpose": "FOLLOW_UP_QUESTION"}
    return [{"attachment_id": new_id(), "text": content}]


def query_attachments(
    query: Query, result: Result, *, statement_id: str, suggestions: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the attachments of an answer with a query, in the platform's order."""
    metadata: dict[str, Any] = {"row_count": len(result.rows)}
    if result.is_truncated:
        metadata["is_truncated"] = True
    thoughts = [("DESCRIPTION", query.description)]
    if query.tables:
        thoughts.append(("DATA_SOURCING", "\n".join(f"- {table}" for table in query.tables)))
    body: dict[str, Any] = {
        "description": query.description,
        "query": query.sql,
        "query_result_metadata": metadata,
        "statement_id": statement_id,
        "thoughts": [
            {"content": content, "thought_type": f"THOUGHT_TYPE_{kind}"}
            for kind, content in thoughts
        ],
    }
    if query.parameters:
        body["parameters"] = [
            {"keyword": each.name, "sql_type": each.type, "value": each.value}
            for each in query.parameters
        ]
    found = [{"attachment_id": new_id(), "query": body}]
    if suggestions:
        questions = {"questions": list(suggestions[:_MOST_SUGGESTIONS])}
        found.append({"attachment_id": new_id(), "suggested_questions": questions})
    return [*found, {"text": {"content": summary(result)}}]


def summary(result: Result) -> str:
    """Return a result in a sentence: all of a single row, the first of several."""
    if not result.rows:
        return "The query returned no rows."
    said = {
        column.position: f"{_words(column)} {_shown(column, value)}"
        for column, value in zip(result.columns, result.rows[0], strict=True)
    }
    if len(result.rows) > 1:
        more = " (cut off there)" if result.is_truncated else ""
        first = ", ".join(said.values())
        return f"The query returned **{len(result.rows):,}** rows{more}; the first one is {first}."
    numbers = [column for column in result.columns if column.type_name in _NUMBERS]
    headline = numbers[-1] if numbers else result.columns[-1]
    others = ", ".join(text for position, text in said.items() if position != headline.position)
    main = said[headline.position]
    return f"**{main[:1].upper()}{main[1:]}**" + (f" ({others})." if others else ".")


def _words(column: Column) -> str:
    return column.name.replace("_", " ")


def _shown(column: Column, value: str | None) -> str:
    if value is None:
        return "none"
    if column.type_name in _NUMBERS and not column.name.lower().endswith(("year", "key")):
        return f"{Decimal(value):,}"
    return value
