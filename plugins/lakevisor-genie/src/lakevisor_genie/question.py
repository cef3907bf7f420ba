"""Asking Genie, and waiting for it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from lakevisor_genie.client import GenieClient
from lakevisor_genie.outcomes import (
    MessageRef,
    NoAccess,
    NotFound,
    Throttled,
    TooSlow,
    Unanswered,
    Unreachable,
)
from lakevisor_genie.patience import Pauses
from lakevisor_genie.reply import ENDS, status_of

if TYPE_CHECKING:
    from databricks.sdk.service.dashboards import GenieMessage

_SENT_AT_MOST = 2
_LOOKS = (0.0, 1.0)
"""Seconds before each look for a question whose answer was lost; it may still be on its way."""
_CLOCKS_DIFFER = 2.0
"""By how many seconds the workspace's clock may be behind ours."""
_LATEST = 20
"""How many of the latest conversations are looked through for a lost question."""
_not_lost: deque[str] = deque(maxlen=1000)
"""The ids of the latest messages that this process knows: none of them is one that was lost."""
PROGRESS = {
    "SUBMITTED": "Genie has the question…",
    "FETCHING_METADATA": "Genie is looking at the tables…",
    "FILTERING_CONTEXT": "Genie is choosing the tables…",
    "ASKING_AI": "Genie is writing the query…",
    "PENDING_WAREHOUSE": "Genie is waiting for the warehouse…",
    "EXECUTING_QUERY": "Genie is running the query…",
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question to a space."""

    text: str
    """Only the question: Genie knows its conversation."""
    space_id: str
    """The space."""
    conversation_id: str | None = None
    """The conversation of Genie's that it goes on with; without one it begins a new one."""
    may_be_asked_since: float | None = None
    """From when on it may have been asked already, in seconds since 1970; None: it was not."""


async def ask(question: Question, client: GenieClient) -> MessageRef:
    """Have Genie work on a question, once, and return where its answer will be.

    A conversation that Genie has forgotten, or that belongs to another identity, is begun anew.
    Where it may have been asked already it is looked for first.

    Raises:
        Unanswered: it was refused, or it is not known whether Genie has it.
    """
    if question.may_be_asked_since is not None:
        since = question.may_be_asked_since - _CLOCKS_DIFFER
        if found := await _look_for(question, client, _Lost(since=since, known=())):
            return _known(found)
    try:
        return await _sent(question, client)
    except Unanswered as fault:
        if question.conversation_id is None or not isinstance(fault.outcome, NotFound | NoAccess):
            raise
    return await _sent(replace(question, conversation_id=None), client)


async def wait(at: MessageRef, client: GenieClient) -> GenieMessage:
    """Return the message once Genie has ended.

    Raises:
        Unanswered: it took too long, or was deleted.
    """
    pauses, status = Pauses(), ""
    try:
        while True:
            message = await client.patiently(
                client.genie.get_message, at.space_id, at.conversation_id, at.message_id
            )
            seen = status_of(message)
            if seen in ENDS:
                return message
            if seen in PROGRESS and seen != status:
                client.turn.progress(PROGRESS[seen])
            status = seen
            await client.patience.pause(pauses.after(status))
    except Unanswered as fault:
        if fault.outcome.is_end:
            raise
        raise Unanswered(TooSlow(seconds=client.patience.seconds, at=at, status=status)) from fault


async def _sent(question: Question, client: GenieClient) -> MessageRef:
    """Send a question; where the answer was lost, look for it before it is sent again."""
    sent = 0
    while True:
        before = time.time()
        try:
            return _known(await _post(question, client))
        except Unanswered as fault:
            if isinstance(fault.outcome, TooSlow):
                # It was sent, and there is no time left to look for it.
                raise Unanswered(Unreachable(may_be_asked=True)) from fault
            if not isinstance(fault.outcome, Unreachable):
                raise
        sent += 1
        found = await _look_for(question, client, _Lost(since=before - _CLOCKS_DIFFER))
        if found is not None:
            return _known(found)
        if sent == _SENT_AT_MOST:
            raise Unanswered(Unreachable())


def _known(at: MessageRef) -> MessageRef:
    _not_lost.append(at.message_id)
    return at


async def _post(question: Question, client: GenieClient) -> MessageRef:
    genie, space_id = client.genie, question.space_id
    if question.conversation_id is None:
        sent = await client.ask(genie.start_conversation, space_id, question.text)
    else:
        sent = await client.ask(
            genie.create_message, space_id, question.conversation_id, question.text
        )
    ids = sent.bind()
    return MessageRef(
        space_id=space_id,
        conversation_id=ids["conversation_id"],
        message_id=ids["message_id"],
    )


@dataclass(frozen=True, kw_only=True)
class _Lost:
    """How a message is told from others that is looked for."""

    since: float
    """It is not older, in seconds since 1970."""
    known: Collection[str] = field(default_factory=lambda: _not_lost)
    """Ids of messages that it is not."""

    def among(self, messages: Iterable[GenieMessage], text: str) -> GenieMessage | None:
        """Return the latest message that it can be."""
        found = [
            each
            for each in messages
            if each.content.strip() == text.strip()
            and self.is_recent(each.created_timestamp)
            and each.message_id not in self.known
        ]
        return max(found, key=lambda each: each.created_timestamp or 0, default=None)

    def is_recent(self, milliseconds: int | None) -> bool:
        """Whether something that was made then can hold it."""
        return (milliseconds or 0) / 1000 >= self.since


async def _look_for(question: Question, client: GenieClient, lost: _Lost) -> MessageRef | None:
    """Return where a question is that was sent and not answered, or None if it did not arrive.

    Raises:
        Unanswered: it cannot be known.
    """
    try:
        for pause in _LOOKS:
            await client.patience.pause(pause)
            if found := await _found(question, client, lost):
                return found
    except Unanswered as fault:
        if isinstance(fault.outcome, TooSlow | Unreachable | Throttled):
            raise Unanswered(Unreachable(may_be_asked=True)) from fault
        raise
    return None


async def _found(question: Question, client: GenieClient, lost: _Lost) -> MessageRef | None:
    for conversation_id in await _conversations(question, client, lost):
        listed = await client.patiently(
            client.genie.list_conversation_messages, question.space_id, conversation_id
        )
        message = lost.among(listed.messages or (), question.text)
        if message is not None:
            return MessageRef(
                space_id=question.space_id,
                conversation_id=conversation_id,
                message_id=message.message_id,
            )
    return None


async def _conversations(question: Question, client: GenieClient, lost: _Lost) -> Sequence[str]:
    """Return where the question could be: its conversation, or those that have begun since."""
    if question.conversation_id is not None:
        return [question.conversation_id]
    listed = await client.patiently(
        client.genie.list_conversations, question.space_id, page_size=_LATEST
    )
    return [
        each.conversation_id
        for each in listed.conversations or ()
        if each.conversation_id and lost.is_recent(each.created_timestamp)
    ]
