"""Finds the query that answers a question: a curated example, else one that the model writes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from local_workspace.genie.answer import Query, Text
from local_workspace.genie.knowledge import knowledge_of
from local_workspace.genie.matcher import Matcher
from local_workspace.genie.records import Message, Space
from local_workspace.genie.serialized_space import SerializedSpace, parse_space
from local_workspace.genie.wording import question_in
from local_workspace.sql import SqlFailed, Warehouse
from local_workspace.sql.translation import parse_query, tables_of

Model = Callable[[list[dict[str, Any]]], Awaitable[str]]
"""Gives a model's answer to a list of chat messages."""


class Answering:
    """Knows how each space answers."""

    def __init__(self, warehouse: Warehouse, model: Model | None) -> None:
        self._warehouse = warehouse
        self._model = model
        self._matchers: dict[str, tuple[int, Matcher]] = {}

    async def answer(
        self, space: Space, message: Message, *, earlier: Sequence[Message]
    ) -> Query | Text:
        """Return what answers a message, given those before it in its conversation."""
        content = parse_space(space.serialized_space)
        question = question_in(message.content)
        context = next((each.features for each in reversed(earlier) if each.features), [])
        query = await asyncio.to_thread(self._example, space, content, question, context or [])
        if query is None and self._model is not None:
            messages = _messages(space, content, earlier, question=question)
            schemas = await asyncio.to_thread(self._schemas, content)
            messages[0]["content"] += schemas
            return _written(await self._model(messages), content)
        return query or Text(content=_question_back(space, content))

    def _example(
        self, space: Space, content: SerializedSpace, question: str, context: Sequence[str]
    ) -> Query | None:
        match = self._matcher(space, content).match(question, context)
        if match is None:
            return None
        only = f" Only: {', '.join(match.conditions)}." if match.conditions else ""
        return Query(
            sql=match.sql,
            description=match.example.description + only,
            parameters=match.parameters,
            tables=_tables(match.sql),
            features=tuple(sorted(match.features)),
        )

    def _matcher(self, space: Space, content: SerializedSpace) -> Matcher:
        """Return the matcher of a space, made anew when its content has changed."""
        etag, matcher = self._matchers.get(space.space_id, (None, None))
        if matcher is None or etag != space.etag:
            matcher = Matcher(knowledge_of(content, self._warehouse))
            self._matchers[space.space_id] = (space.etag, matcher)
        return matcher

    def _schemas(self, content: SerializedSpace) -> str:
        lines = []
        for table in content.data_sources.tables:
            columns = self._warehouse.execute(f"DESCRIBE TABLE {table.identifier}").rows
            described = "; ".join(" ".join(part for part in row if part) for row in columns)
            lines.append(f"{table.identifier} ({''.join(table.description)}): {described}")
        return "\n".join(lines)


def suggestions(space: Space, question: str) -> list[str]:
    """Return the questions that a space suggests, without the one just asked."""
    config = parse_space(space.serialized_space).config
    samples = ["".join(sample.question) for sample in config.sample_questions]
    return [sample for sample in samples if sample.lower() != question.strip().lower()]


def _tables(sql: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(".".join(parts) for parts in tables_of(parse_query(sql))))
    except SqlFailed:
        # Running it tells what is wrong with it.
        return ()


def _question_back(space: Space, content: SerializedSpace) -> str:
    samples = ["".join(sample.question) for sample in content.config.sample_questions[:3]]
    listed = "".join(f"\n- {sample}" for sample in samples)
    # Without the blank lines Markdown draws the last sentence into the list.
    examples = f" I can answer, for example:\n{listed}\n\n" if samples else " "
    return (
        f"I found nothing in {space.title} that answers this with certainty.{examples}"
        "Which of its figures are you interested in?"
    )


def _messages(
    space: Space, content: SerializedSpace, earlier: Sequence[Message], *, question: str
) -> list[dict[str, Any]]:
    """Return the chat in which a model writes SQL; the tables are added to its first message."""
    taught = content.instructions
    examples = "\n\n".join(
        f"Question: {''.join(each.question)}\nSQL: {''.join(each.sql)}"
        for each in taught.example_question_sqls
    )
    instructions = "".join("".join(each.content) for each in taught.text_instructions)
    system = (
        f"You write one Databricks SQL query that answers a question about {space.title}.\n"
        'Answer with a JSON object only: {"sql": "...", "description": "one sentence"}, or, if '
        'the tables cannot answer it, {"text": "why, and a question back"}.\n'
        f"{instructions}\n\nExamples:\n{examples}\n\nTables:\n"
    )
    before = [{"role": "user", "content": each.content} for each in earlier[-5:]]
    return [
        {"role": "system", "content": system},
        *before,
        {"role": "user", "content": question},
    ]


def _written(text: str, content: SerializedSpace) -> Query | Text:
    """Return what a model has written, if it is a query on the space's own tables."""
    match = re.search(r"\{.*\}", text, re.DOTALL)
    try:
        body = json.loads(match.group()) if match else {}
    except ValueError:
        body = {}
    if not isinstance(body.get("sql"), str):
        said = body.get("text")
        return Text(content=said if isinstance(said, str) and said.strip() else text)
    allowed = {table.identifier.lower() for table in content.data_sources.tables}
    foreign = sorted(set(_tables(body["sql"])) - allowed)
    if foreign:
        return Text(content=f"This would need {', '.join(foreign)}, which this space cannot read.")
    description = str(body.get("description") or "")
    return Query(sql=body["sql"], description=description, tables=_tables(body["sql"]))
