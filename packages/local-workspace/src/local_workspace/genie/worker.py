"""Answers messages in the background, one status after the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import takewhile

from local_workspace.genie.answer import Query, Text, query_attachments, text_attachments
from local_workspace.genie.answering import Answering, suggestions
from local_workspace.genie.records import Message
from local_workspace.genie.store import GenieStore
from local_workspace.sql import Parameter, Statement, Warehouse

MOST_ROWS = 5000
"""The most rows that Genie keeps of a result, as on the platform."""

# Each status, and the part of the pace that a message stays in it.
_STAGES = {
    "SUBMITTED": 0.1,
    "FETCHING_METADATA": 0.2,
    "FILTERING_CONTEXT": 0.2,
    "ASKING_AI": 0.25,
    "PENDING_WAREHOUSE": 0.1,
    "EXECUTING_QUERY": 0.15,
}
_ORDER = list(_STAGES)

log = logging.getLogger(__name__)


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

    def start(self, message: Message) -> None:
        """Answer a message in the background."""
        task = asyncio.create_task(self._answer_or_fail(message))
        self._tasks[message.message_id] = task
        task.add_done_callback(lambda _: self._tasks.pop(message.message_id, None))

    def cancel(self, message: Message) -> Message:
        """Stop answering a message, if it is not answered yet."""
        task = self._tasks.get(message.message_id)
        if task is None:
            return message
        task.cancel()
        return self._store.update_message(message, status="CANCELLED")

    async def execute(self, statement: Statement) -> None:
        """Run a statement in a thread; when this task is cancelled, so is the statement."""
        self._warehouse.submit(statement)
        try:
            await asyncio.to_thread(self._warehouse.run, statement)
        except asyncio.CancelledError:
            self._warehouse.cancel(statement)
            raise

    async def _answer_or_fail(self, message: Message) -> None:
        try:
            await self._answer(message)
        # An isolation point: a model's failure or a fault of ours must end as a FAILED message,
        # because the client would wait 20 minutes for a message that stays as it is.
        except Exception as fault:
            log.exception("The question could not be answered", extra={"action": "genie.answer"})
            kind = "UNEXPECTED_REPLY_PROCESS_EXCEPTION"
            error = {"error": f"{type(fault).__name__}: {fault}", "type": kind}
            self._store.update_message(message, status="FAILED", error=error)

    async def _answer(self, message: Message) -> None:
        message = await self._reach(message, "FILTERING_CONTEXT")
        space = self._store.space(message.space_id)
        if space is None:
            return
        messages = self._store.messages(message.conversation_id)
        earlier = list(takewhile(lambda each: each.message_id != message.message_id, messages))
        message = await self._reach(message, "ASKING_AI")
        answer = await self._answering.answer(space, message, earlier=earlier)
        await self._stay("ASKING_AI")
        if isinstance(answer, Text):
            attachments = text_attachments(answer)
            self._store.update_message(message, status="COMPLETED", attachments=attachments)
            return
        message = await self._reach(message, "EXECUTING_QUERY")
        await self._run(message, answer, suggested=suggestions(space, message.content))

    async def _run(self, message: Message, query: Query, *, suggested: list[str]) -> None:
        statement = Statement(
            sql=query.sql,
            parameters=query.parameters,
            row_limit=MOST_ROWS,
            owner_id=message.user_id,
        )
        await self.execute(statement)
        await self._stay("EXECUTING_QUERY")
        if statement.result is None:
            said = statement.failure.message if statement.failure else "The query was cancelled."
            error = {"error": said, "type": "SQL_EXECUTION_EXCEPTION"}
            self._store.update_message(message, status="FAILED", error=error)
            return
        attachments = query_attachments(
            query, statement.result, statement_id=statement.statement_id, suggestions=suggested
        )
        self._store.update_message(
            message,
            status="COMPLETED",
            attachments=attachments,
            features=list(query.features) or None,
        )

    async def _reach(self, message: Message, status: str) -> Message:
        """Go through the statuses up to this one; those that a restart found are not repeated."""
        while _ORDER.index(message.status) < _ORDER.index(status):
            if message.status not in ("ASKING_AI", "EXECUTING_QUERY"):
                await self._stay(message.status)
            following = _ORDER[_ORDER.index(message.status) + 1]
            message = self._store.update_message(message, status=following)
        return message

    async def _stay(self, status: str) -> None:
        await asyncio.sleep(self._pace * _STAGES[status])


def rerun_of(message: Message, query: dict[str, object]) -> Statement:
    """Return a new statement for the query of an answered message."""
    given = query.get("parameters") or []
    assert isinstance(given, list)
    return Statement(
        sql=str(query["query"]),
        parameters=tuple(
            Parameter(name=each["keyword"], value=each["value"], type=each["sql_type"])
            for each in given
        ),
        row_limit=MOST_ROWS,
        owner_id=message.user_id,
    )
