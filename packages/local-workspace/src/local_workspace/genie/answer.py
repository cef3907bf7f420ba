"""What Genie says: the attachments of a message, made from a query's result or from a text."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from local_workspace.genie.records import new_id
from local_workspace.sql import Column, Parameter, Result

MOST_ROWS = 5000
"""The most rows that Genie keeps of a result, as on the platform."""
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
    words: str | None = None
    """What is said about the result; without it, the result in a sentence."""
    suggestions: tuple[str, ...] = ()
    """The questions that are suggested beside it."""
    row_limit: int = MOST_ROWS


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words instead of a query, as a question back."""

    content: str
    purpose: str | None = "FOLLOW_UP_QUESTION"


def text_attachments(text: Text) -> list[dict[str, Any]]:
    """Return the attachments of an answer without a query."""
    content = {"content": text.content}
    if text.purpose is not None:
        content["purpose"] = text.purpose
    return [{"attachment_id": new_id(), "text": content}]


def result_metadata(result: Result) -> dict[str, Any]:
    """Return what an attachment says about its result."""
    metadata: dict[str, Any] = {"row_count": result.row_count}
    return metadata | ({"is_truncated": True} if result.is_truncated else {})


def query_attachments(query: Query, result: Result, *, statement_id: str) -> list[dict[str, Any]]:
    """Return the attachments of an answer with a query, in the platform's order."""
    thoughts = [("DESCRIPTION", query.description)]
    if query.tables:
        thoughts.append(("DATA_SOURCING", "\n".join(f"- {table}" for table in query.tables)))
    body: dict[str, Any] = {
        "description": query.description,
        "query": query.sql,
        "query_result_metadata": result_metadata(result),
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
    if query.suggestions:
        questions = {"questions": list(query.suggestions[:_MOST_SUGGESTIONS])}
        found.append({"attachment_id": new_id(), "suggested_questions": questions})
    return [*found, {"text": {"content": query.words or summary(result)}}]


def summary(result: Result) -> str:
    """Return a result in a sentence: all of a single row, the first of several."""
    if result.first_row is None:
        return "The query returned no rows."
    said = {
        column.position: f"{_words(column)} {_shown(column, value)}"
        for column, value in zip(result.columns, result.first_row, strict=True)
    }
    if result.row_count > 1:
        more = " (cut off there)" if result.is_truncated else ""
        first = ", ".join(said.values())
        return f"The query returned **{result.row_count:,}** rows{more}; the first one is {first}."
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
