"""What can come of a question to Genie: a closed set.

Outcome
├── Answered         with all rows, or with words alone
│   ├── Partial      with rows, and there are more than were read
│   └── Empty        its query ran and gave no rows
├── NotUnderstood    Genie asks back
└── NoAnswer         nothing that could be taken for an answer
    ├── Failed       Genie, or the query that it wrote, failed
    ├── Cancelled    somebody stopped it in the workspace
    ├── Expired      its result is gone and could not be made again
    ├── Throttled    the workspace takes no more questions for now
    ├── Queued       it was not sent yet, and has its place in the queue
    ├── TooSlow      it has not ended in time, and may still end
    ├── NoAccess     the caller may not ask this space, or not read its tables
    ├── NotFound     the space, or the message, does not exist
    └── Unreachable  the workspace did not answer
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal

from lakevisor_genie.result_table import ResultTable


@dataclass(frozen=True, kw_only=True)
class MessageRef:
    """Where a question and its answer are in the workspace."""

    space_id: str
    """The space."""
    conversation_id: str
    """Genie's own conversation."""
    message_id: str
    """The message in it."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """The query that Genie wrote."""

    attachment_id: str
    """By which its result is asked for."""
    sql: str
    """The SQL."""
    description: str = ""
    """What it does, in Genie's words."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """The values of its markers: `:name`."""
    statement_id: str = ""
    """The statement that ran it."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What Genie has said in a message that it has ended."""

    at: MessageRef
    """The message."""
    words: tuple[str, ...] = ()
    """What it says in words: its answer, its summary."""
    question_back: str = ""
    """What it wants to know before it can answer."""
    query: Query | None = None
    """What it asked the data."""
    suggestions: tuple[str, ...] = ()
    """What one could ask next."""
    ended_at: datetime | None = None
    """When it had ended."""
    is_expired: bool = False
    """Whether the result of its query is no longer kept."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of a question."""

    name: ClassVar[str]
    """It as one word, for programs."""


@dataclass(frozen=True, kw_only=True)
class Answered(Outcome):
    """Genie has answered."""

    name: ClassVar[str] = "answered"
    reply: Reply
    """What it said."""
    table: ResultTable | None = None
    """The rows behind it; none where it has only words."""
    statement_id: str = ""
    """The statement whose result they are: another one where it was made again."""


@dataclass(frozen=True, kw_only=True)
class Partial(Answered):
    """Genie has answered with more rows than were read."""

    name: ClassVar[str] = "partial"


@dataclass(frozen=True, kw_only=True)
class Empty(Answered):
    """Genie's query has run and gave no rows."""

    name: ClassVar[str] = "empty"


@dataclass(frozen=True, kw_only=True)
class NotUnderstood(Outcome):
    """Genie asks back."""

    name: ClassVar[str] = "not_understood"
    reply: Reply
    """What it asks, in `question_back`."""


@dataclass(frozen=True, kw_only=True)
class NoAnswer(Outcome):
    """There is no answer."""

    is_end: ClassVar[bool] = True
    """Whether there will be none; else one may still come, or looking again may help."""


@dataclass(frozen=True, kw_only=True)
class Failed(NoAnswer):
    """Genie, or the query that it wrote, failed."""

    name: ClassVar[str] = "failed"
    reason: str = ""
    """Why, in one line of Genie's or the warehouse's; empty where neither says."""
    error_type: str = ""
    """The kind of error, as the API names it: `SQL_EXECUTION_EXCEPTION`."""
    is_of_query: bool = field(default=False, compare=False)
    """Whether the warehouse says so of the query; it may quote it, and names tables."""


@dataclass(frozen=True, kw_only=True)
class Cancelled(NoAnswer):
    """Somebody has stopped it in the workspace."""

    name: ClassVar[str] = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Expired(NoAnswer):
    """The result is gone, and running the query again did not bring it back."""

    name: ClassVar[str] = "expired"


@dataclass(frozen=True, kw_only=True)
class Throttled(NoAnswer):
    """The workspace takes no more questions for now."""

    name: ClassVar[str] = "throttled"
    is_end: ClassVar[bool] = False
    seconds: float | None = None
    """When it may take one again, where that is known."""
    place: str | None = field(default=None, compare=False)
    """The question's place in the queue, which is kept for some seconds."""


@dataclass(frozen=True, kw_only=True)
class Queued(NoAnswer):
    """It was not sent yet, and has its place in the queue."""

    name: ClassVar[str] = "queued"
    is_end: ClassVar[bool] = False
    seconds: float
    """In how many it should be its turn."""


@dataclass(frozen=True, kw_only=True)
class TooSlow(NoAnswer):
    """It has not ended in time, and may still end."""

    name: ClassVar[str] = "too_slow"
    is_end: ClassVar[bool] = False
    seconds: float
    """How long it was waited for."""
    at: MessageRef | None = None
    """The message that is still worked on, where it is known."""
    status: str = ""
    """The last status that was seen, in Genie's words."""


@dataclass(frozen=True, kw_only=True)
class NoAccess(NoAnswer):
    """The caller may not ask this space, or not read its tables."""

    name: ClassVar[str] = "no_access"
    to: Literal["space", "tables", "warehouse"] = "space"
    """What the caller has no right to."""
    missing: str = ""
    """The right that the warehouse misses, in Markdown, where it names it."""
    is_token_missing: bool = False
    """Whether it needs the person's own token, and the request brought none."""


@dataclass(frozen=True, kw_only=True)
class NotFound(NoAnswer):
    """What was asked for does not exist."""

    name: ClassVar[str] = "not_found"
    is_space: bool = False
    """Whether it is the space; else the message was deleted."""


@dataclass(frozen=True, kw_only=True)
class Unreachable(NoAnswer):
    """The workspace did not answer, or not in the API's form."""

    name: ClassVar[str] = "unreachable"
    is_end: ClassVar[bool] = False
    may_be_asked: bool = False
    """Whether Genie may have the question all the same."""


class Unanswered(Exception):
    """Carries a `NoAnswer` to where it is told; it is never shown itself."""

    def __init__(self, outcome: NoAnswer) -> None:
        super().__init__(outcome)
        self.outcome = outcome
