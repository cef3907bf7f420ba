"""The rows of the ledger in memory, shared by its seven stores.

No method of the stores awaits anything between reading and writing, so each is one transaction.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from lakevisor.errors import LeaseLost
from lakevisor.ledger.responses import ResponseRecord, TellableEvent
from lakevisor.ledger.slots import Ticket
from lakevisor.ledger.values import (
    AuditEntry,
    AuditRecord,
    Lease,
    OperationRecord,
    OwnerKey,
    ProposalRecord,
)


@dataclass(kw_only=True)
class ThreadRow:
    """A thread, and who works on it."""

    thread_id: str
    """As the client knows it."""
    owner: OwnerKey
    """Whom it belongs to."""
    created_at: datetime
    """When its first turn began."""
    is_forgotten: bool = False
    """Whether it was deleted, and no turn began since."""
    fence: int = 0
    """Grows with each lease, and when a lease ends."""
    turn_id: str | None = None
    """The turn that works on it."""
    holder: str | None = None
    """Which attempt at the turn."""
    lease_until: datetime | None = None
    """When the lease runs out."""

    def is_held(self, now: datetime) -> bool:
        """Tell whether somebody works on it."""
        return self.lease_until is not None and self.lease_until > now

    def end_lease(self) -> None:
        """Let whoever held it write no more."""
        self.fence += 1
        self.turn_id = self.holder = self.lease_until = None


@dataclass(kw_only=True)
class TurnRow:
    """A turn, and its answer."""

    body_digest: str
    """Stands for what was sent."""
    fence: int
    """Of the lease that worked on it last."""
    begun_at: datetime
    """When it was begun first."""
    answer: JsonValue = None
    """What was answered."""
    finished_at: datetime | None = None
    """When it was answered."""


@dataclass(kw_only=True)
class ProposalRow:
    """A proposal, and what became of it."""

    record: ProposalRecord
    """What was proposed."""
    owner: OwnerKey
    """To whom."""
    thread_key: str
    """In which thread."""
    trace_id: str | None
    """The trace of the turn that proposed it."""
    decision: str | None = None
    """`accepted`, `declined` or `superseded`."""
    decided_in: str | None = None
    """The turn that decided."""


@dataclass(kw_only=True)
class SlotRow:
    """The place of a request in the queue of a rate limit."""

    ticket: Ticket
    """Whose place it is."""
    asked_at: datetime
    """When it was taken first."""
    valid_until: datetime
    """From when on the row says nothing any more."""
    round: int
    """The round in which it is served."""
    taken_at: datetime | None = None
    """When the request could be sent."""
    sent_at: datetime | None = None
    """When it was known to be sent."""


@dataclass(kw_only=True)
class ResponseRow:
    """A response, and what its clients are told."""

    body_digest: str
    """Stands for what was sent."""
    record: ResponseRecord
    """All but who works on it."""
    held_until: datetime | None = None
    """Until when somebody works on it without another sign of life."""
    events: dict[int, TellableEvent] = field(default_factory=dict)
    """By their place."""

    def is_held(self, now: datetime) -> bool:
        """Tell whether somebody works on it."""
        return self.held_until is not None and self.held_until > now

    def add(self, events: Sequence[TellableEvent]) -> None:
        """Add events; one that is there stays as it is."""
        for each in events:
            number = each["sequence_number"]
            assert isinstance(number, int), "it is a place"
            self.events.setdefault(number, copy.deepcopy(each))


@dataclass(kw_only=True)
class Rows:
    """Everything the ledger holds."""

    clock: Callable[[], datetime]
    """The one clock of the store."""
    threads: dict[str, ThreadRow] = field(default_factory=dict)
    """By thread key."""
    turns: dict[tuple[str, str], TurnRow] = field(default_factory=dict)
    """By thread key and turn id."""
    operations: dict[str, OperationRecord] = field(default_factory=dict)
    """By token."""
    claims: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Which lease (thread key and fence) tells of an operation's end, by token."""
    proposals: dict[str, ProposalRow] = field(default_factory=dict)
    """By proposal id."""
    responses: dict[tuple[str, str], ResponseRow] = field(default_factory=dict)
    """By thread key and turn id."""
    slots: dict[str, SlotRow] = field(default_factory=dict)
    """By the id of the ticket."""
    blocked_until: dict[tuple[str, str], datetime] = field(default_factory=dict)
    """By workspace and name of the rate limit."""
    rounds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """The round in which the latest slot of a rate limit was taken."""
    audit: list[AuditRecord] = field(default_factory=list)
    """In the order in which they were written."""

    def now(self) -> datetime:
        """Return the store's time."""
        return self.clock()

    def ago(self, span: timedelta) -> datetime:
        """Return the time that lies so far back."""
        return self.clock() - span

    def held_thread(self, lease: Lease) -> ThreadRow:
        """Return the thread of a lease that holds, or raise `LeaseLost`."""
        row = self.threads.get(lease.thread_key)
        if row is None or row.fence != lease.fence:
            raise LeaseLost(lease.turn_id)
        return row

    def write_audit(self, entry: AuditEntry) -> None:
        """Add an entry to the audit."""
        number = len(self.audit) + 1
        self.audit.append(AuditRecord(number=number, at=self.now(), entry=entry))
