"""Answers messages in the background, one status after the other."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import takewhile
from typing import Any

from local_workspace.genie.answer import (
    MOST_ROWS,
    Query,
    Text,
    query_attachments,
    result_metadata,
    text_attachments,
)
from local_workspace.genie.answer_rules import AnswerRule
from local_workspace.genie.answering import Answering, suggestions
from local_workspace.genie.progress import Progress
from local_workspace.genie.records import ENDS, Message, new_id
from local_workspace.genie.store import GenieStore
from local_workspace.sql import Parameter, Statement, Warehouse

_AS_ALWAYS = AnswerRule()

log = logging.getLogger(__name__)


class _Failed(Exception):
    """A query of the answer has failed."""


class Worker:
    """One task for each message that is being answered."""

    def __init__(
        self, store: GenieStore, warehouse: Warehouse, answering: Answering, *, pace: float
    ) -> None:
        self._store = store
        self._warehouse = warehouse
        self._answering = answering
        self._pace = pace
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Go on with what was under way; what is at the end goes on at the next start."""
        for message in self._store.unfinished_messages():
            self.start(message)
        yield
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def start(self, message: Message, rule: AnswerRule | None = None) -> None:
        """Answer a message in the background, as a rule says if there is one."""
        progress = Progress(
            self._store, message, pace=self._pace, statuses=rule.statuses if rule else None
        )
        task = asyncio.create_task(self._answer_or_fail(progress, rule or _AS_ALWAYS))
        self._tasks[message.message_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(message.message_id, None))

    def cancel(self, message: Message) -> Message:
        """Stop answering a message, if it is not answered yet."""
        task = self._tasks.get(message.message_id)
        if task is not None:
            task.cancel()
        elif message.status in ENDS:
            return message
        return self._store.update_message(message, status="CANCELLED")

    async def _answer_or_fail(self, progress: Progress, rule: AnswerRule) -> None:
        try:
            await self._answer(progress, rule)
        except _Failed as failed:
            error = {"error": str(failed), "type": "SQL_EXECUTION_EXCEPTION"}
            progress.end("FAILED", error=error)
        # An isolation point: a model's failure or a fault of ours must end as a FAILED message,
        # because the client would wait 20 minutes for a message that stays as it is.
        except Exception as fault:
            log.exception("The question could not be answered", extra={"action": "genie.answer"})
            kind = "UNEXPECTED_REPLY_PROCESS_EXCEPTION"
            error = {"error": f"{type(fault).__name__}: {fault}", "type": kind}
            progress.end("FAILED", error=error)

    async def _answer(self, progress: Progress, rule: AnswerRule) -> None:
        await progress.begin()
        await progress.reach("ASKING_AI")
        await asyncio.sleep(rule.delay)
        if rule.error is not None:
            progress.end("FAILED", error=rule.error.model_dump())
            return
        if rule.attachments is not None:
            attachments = await self._filled(progress, rule.attachments, rule.row_limit)
            self._end(progress, rule, attachments=attachments)
            return
        answer = rule.answer() or await self._found(progress.message)
        await progress.stay("ASKING_AI")
        if isinstance(answer, Text):
            self._end(progress, rule, attachments=text_attachments(answer))
        elif answer is not None:
            await progress.reach("EXECUTING_QUERY")
            attachments = await self._queried(progress, answer)
            features = list(answer.features) or None
            self._end(progress, rule, attachments=attachments, features=features)

    async def _found(self, message: Message) -> Query | Text | None:
        """Return what the space answers; None if it is gone, and nobody can ask for the message."""
        space = self._store.space(message.space_id)
        if space is None:
            return None
        messages = self._store.messages(message.conversation_id)
        earlier = list(takewhile(lambda each: each.message_id != message.message_id, messages))
        answer = await self._answering.answer(space, message, earlier=earlier)
        if isinstance(answer, Text):
            return answer
        return replace(answer, suggestions=tuple(suggestions(space, message.content)))

    async def _queried(self, progress: Progress, query: Query) -> list[dict[str, Any]]:
        statement = Statement(
            sql=query.sql,
            parameters=query.parameters,
            row_limit=query.row_limit,
            owner_id=progress.message.user_id,
        )
        await self._run(statement)
        await progress.stay("EXECUTING_QUERY")
        assert statement.result is not None
        return query_attachments(query, statement.result, statement_id=statement.statement_id)

    async def _filled(
        self, progress: Progress, given: Sequence[dict[str, Any]], row_limit: int
    ) -> list[dict[str, Any]]:
        """Return attachments with ids, and with what their queries have given."""
        attachments = copy.deepcopy(list(given))
        for each in attachments:
            if "text" not in each:
                each.setdefault("attachment_id", new_id())
            query = each.get("query") or {}
            if "query" in query and "statement_id" not in query:
                await progress.reach("EXECUTING_QUERY")
                statement = statement_of(progress.message, query, row_limit=row_limit)
                await self._run(statement)
                assert statement.result is not None
                query["statement_id"] = statement.statement_id
                query["query_result_metadata"] = result_metadata(statement.result)
        return attachments

    async def _run(self, statement: Statement) -> None:
        await self._warehouse.carry_out(statement)
        if statement.result is None:
            said = statement.failure.message if statement.failure else "The query was cancelled."
            raise _Failed(said)

    def _end(self, progress: Progress, rule: AnswerRule, **changes: Any) -> None:
        if rule.status != "QUERY_RESULT_EXPIRED":
            progress.end(rule.status, **changes)
            return
        # As on the platform, where it is the age of the result that makes the status.
        for each in changes["attachments"]:
            if "query" in each:
                self._warehouse.expire(each["query"]["statement_id"])
        progress.end("COMPLETED", **changes)


def statement_of(
    message: Message, query: dict[str, Any], *, row_limit: int | None = MOST_ROWS
) -> Statement:
    """Return a new statement for the query of a message's attachment."""
    return Statement(
        sql=str(query["query"]),
        parameters=tuple(
            Parameter(name=each["keyword"], value=each["value"], type=each["sql_type"])
            for each in query.get("parameters") or ()
        ),
        row_limit=row_limit,
        owner_id=message.user_id,
    )
