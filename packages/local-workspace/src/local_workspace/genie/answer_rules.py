"""What a test says that Genie shall answer: SQL, words, attachments, statuses, an error."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from local_workspace.genie.answer import MOST_ROWS, Query, Text
from local_workspace.rules import Rule
from local_workspace.sql import Parameter


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Stage(_Part):
    """A status, and how long a message stays in it."""

    status: str
    """Any text: a status that a client does not know is part of what must be tested."""
    seconds: float = Field(default=0, ge=0)


class MessageError(_Part):
    """Why a message has failed."""

    type: str = "GENERIC_CHAT_COMPLETION_EXCEPTION"
    """One of the SDK's `MessageErrorType`, or one that it does not know."""
    error: str = "The question was told to fail."


class GivenParameter(_Part):
    """A value for a marker `:keyword` of the SQL."""

    keyword: str
    sql_type: str = "STRING"
    value: str | None = None


class AnswerRule(Rule):
    """What `POST /local/genie/rules` takes.

    Without `sql`, `text`, `attachments` and `error` the question is answered as always.
    """

    contains: str = ""
    """A piece of the question, in any case."""
    space_id: str | None = None
    """Only questions to this space."""
    sql: str | None = None
    """The query of the answer, which is run."""
    description: str = ""
    parameters: tuple[GivenParameter, ...] = ()
    suggested_questions: tuple[str, ...] = ()
    """The suggestions beside `sql`; none unless given."""
    text: str | None = None
    """The words of the answer; beside `sql`, the words about its result."""
    purpose: str | None = None
    """What a text without `sql` is: null, FOLLOW_UP_QUESTION, TEXT_ATTACHMENT_PURPOSE_ANSWER."""
    attachments: tuple[dict[str, Any], ...] | None = None
    """The attachments as the API has them, instead of the above; their queries are run."""
    error: MessageError | None = None
    """The message fails with this."""
    status: str = "COMPLETED"
    """How a message ends that has not failed. QUERY_RESULT_EXPIRED: its result is forgotten at
    once. A status that is no end, as ASKING_AI: it stays in it until it is cancelled."""
    statuses: tuple[Stage, ...] | None = None
    """The statuses before the end, instead of the usual ones."""
    delay: float = Field(default=0, ge=0)
    """Seconds by which the answer comes later, in ASKING_AI or the last of `statuses`."""
    row_limit: int = Field(default=MOST_ROWS, ge=1)
    """The most rows of a result."""

    def fits(self, *, space_id: str, question: str) -> bool:
        """Return whether a question is meant."""
        is_space = self.space_id in (None, space_id)
        return is_space and self.contains.lower() in question.lower()

    def answer(self) -> Query | Text | None:
        """Return what it says instead of what a space knows, or None if it says nothing."""
        if self.sql is not None:
            given = self.parameters
            return Query(
                sql=self.sql,
                description=self.description,
                parameters=tuple(
                    Parameter(name=each.keyword, type=each.sql_type, value=each.value)
                    for each in given
                ),
                words=self.text,
                suggestions=self.suggested_questions,
                row_limit=self.row_limit,
            )
        return None if self.text is None else Text(content=self.text, purpose=self.purpose)
