"""What Genie has said, read from a message that has ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lakevisor_genie.faults import failed_message
from lakevisor_genie.outcomes import Cancelled, MessageRef, Query, Reply, Unanswered

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import GenieAttachment, GenieMessage


ENDS = frozenset({"COMPLETED", "QUERY_RESULT_EXPIRED", "FAILED", "CANCELLED"})
"""The statuses after which nothing comes; one that is not known is still running.

The SDK's own waiters take a cancelled message and an expired result for that too, for 20 minutes.
"""


def status_of(message: GenieMessage) -> str:
    """Return the status of a message; empty where the SDK does not know it."""
    return message.status.value if message.status is not None else ""


def read_reply(message: GenieMessage, at: MessageRef) -> Reply:
    """Return what a message says that has ended.

    Raises:
        Unanswered: it has failed, or was cancelled.
    """
    match status_of(message):
        case "FAILED":
            error = message.error
            kind = error.type.value if error is not None and error.type is not None else None
            raise Unanswered(failed_message(error.error if error is not None else None, kind))
        case "CANCELLED":
            raise Unanswered(Cancelled())
        case _:
            return _reply(message, at)


def _reply(message: GenieMessage, at: MessageRef) -> Reply:
    attachments = _without_earlier_attempts(message.attachments or ())
    query = next((each for each in attachments if each.query is not None), None)
    back = [_words(each) for each in attachments if _asks_back(each)]
    return Reply(
        at=at,
        words=tuple(said for each in attachments if (said := _words(each))),
        question_back=back[0] if back and query is None else "",
        query=_query(query) if query is not None else None,
        suggestions=tuple(
            question
            for each in attachments
            if each.suggested_questions is not None
            for question in each.suggested_questions.questions or ()
        ),
        ended_at=_moment(message.last_updated_timestamp),
        is_expired=status_of(message) == "QUERY_RESULT_EXPIRED",
    )


def _without_earlier_attempts(attachments: Sequence[GenieAttachment]) -> list[GenieAttachment]:
    """Return what counts: Genie may correct itself, and then the last query is its answer.

    Words between the first and the last query belong to an attempt that it gave up.
    """
    queries = [at for at, each in enumerate(attachments) if each.query is not None]
    if not queries:
        return list(attachments)
    first, last = queries[0], queries[-1]
    return [*attachments[:first], *attachments[last:]]


def _query(attachment: GenieAttachment) -> Query:
    said = attachment.query
    assert said is not None, "the attachment is one with a query"
    return Query(
        attachment_id=attachment.attachment_id or said.id or "",
        sql=(said.query or "").strip(),
        description=(said.description or "").strip(),
        parameters={
            each.keyword: each.value or "" for each in said.parameters or () if each.keyword
        },
        statement_id=said.statement_id or "",
    )


def _words(attachment: GenieAttachment) -> str:
    return (attachment.text.content or "").strip() if attachment.text is not None else ""


def _asks_back(attachment: GenieAttachment) -> bool:
    text = attachment.text
    return (
        text is not None and text.purpose is not None and text.purpose.value == "FOLLOW_UP_QUESTION"
    )


def _moment(milliseconds: int | None) -> datetime | None:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC) if milliseconds else None
