"""A question from its words to its outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakevisor_genie.client import GenieClient
from lakevisor_genie.outcomes import (
    Answered,
    Empty,
    Failed,
    MessageRef,
    NotFound,
    NotUnderstood,
    Outcome,
    Partial,
    Reply,
    TooSlow,
    Unanswered,
)
from lakevisor_genie.query_result import open_result
from lakevisor_genie.question import Question, ask, wait
from lakevisor_genie.reply import ENDS, read_reply, status_of
from lakevisor_genie.settings import GenieSettings
from lakevisor_genie.spaces import ConfiguredSpace
from lakevisor_genie.thread_memory import ThreadMemory
from lakevisor_plugin import Span, Turn

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import GenieMessage


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Asks one space in one turn."""

    space: ConfiguredSpace
    """The space."""
    settings: GenieSettings
    """How long is waited, and how much is read."""
    turn: Turn
    """The turn."""

    async def outcome(self, question: str) -> Outcome:
        """Ask a question, in Genie's conversation of this thread, and return what came of it."""
        with self.turn.span("genie question", inputs={"question": question}) as span:
            span.set_attributes(space=self.space.name, space_id=self.space.settings.space_id)
            outcome = await self._outcome(question)
            span.set_attributes(outcome=outcome.name)
            if isinstance(outcome, Answered):
                _show(outcome, span)
        return outcome

    async def _outcome(self, question: str) -> Outcome:
        memory = ThreadMemory(memory=self.turn.memory)
        space_id = self.space.settings.space_id
        asked = Question(
            text=question,
            space_id=space_id,
            conversation_id=memory.conversation_id(self.space.name),
            may_be_asked_since=self.turn.begun_at.timestamp() if self.turn.is_resumed else None,
        )
        try:
            client = await GenieClient.of(
                self.turn, self.settings, at_most=self.settings.timeout_seconds
            )
            at = await ask(asked, client)
        except Unanswered as fault:
            # What is not there when a new conversation is begun is the space.
            gone = isinstance(fault.outcome, NotFound)
            return NotFound(is_space=True) if gone else fault.outcome
        memory.continue_in(self.space.name, at.conversation_id)
        try:
            message = await wait(at, client)
        except Unanswered as fault:
            return fault.outcome
        found = await self.outcome_of(message, at, client)
        assert found is not None, "what was waited for has ended"
        return found

    async def outcome_of(
        self, message: GenieMessage, at: MessageRef, client: GenieClient
    ) -> Outcome | None:
        """Return what came of a message, or None while Genie has not ended."""
        if status_of(message) not in ENDS:
            return None
        try:
            reply = read_reply(message, at)
        except Unanswered as fault:
            return fault.outcome
        try:
            return await self._read(reply, client)
        except Unanswered as fault:
            if fault.outcome.is_end:
                return fault.outcome
            seconds = client.patience.seconds
            return TooSlow(seconds=seconds, at=at, status=status_of(message))

    async def _read(self, reply: Reply, client: GenieClient) -> Outcome:
        if reply.question_back:
            return NotUnderstood(reply=reply)
        if reply.query is None:
            if not reply.words:
                return Failed(reason="it ended without an answer")
            return Answered(reply=reply)
        result = await open_result(reply, client)
        table = await result.head(
            max_rows=max(self.settings.read_rows, self.settings.max_rows),
            max_bytes=self.settings.read_bytes,
        )
        kind = Answered if table.is_whole else Partial
        if table.is_whole and not table.rows:
            kind = Empty
        return kind(reply=reply, table=table, statement_id=result.statement_id)


def _show(answered: Answered, span: Span) -> None:
    """Put on a span where the answer is found, and what was asked of the data; no cells."""
    reply, table = answered.reply, answered.table
    span.set_attributes(
        conversation_id=reply.at.conversation_id,
        message_id=reply.at.message_id,
        statement_id=answered.statement_id or None,
        rows=None if table is None else table.row_count,
    )
    span.set_outputs({"sql": reply.query.sql if reply.query else None, "words": list(reply.words)})
