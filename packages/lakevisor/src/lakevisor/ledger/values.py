"""What the ledger takes and gives back: frozen values, without behaviour.

Every time is the store's own clock (the database's, never a client's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from pydantic import JsonValue


@dataclass(frozen=True, kw_only=True)
class OwnerKey:
    """Whom something belongs to: one identity in one workspace."""

    workspace_id: str
    """The Databricks workspace."""
    owner: str
    """The user name or the application id, as the token or the proxy's header says."""


# ------------------------------------------------------------------------------------ turns


@dataclass(frozen=True, kw_only=True)
class TurnStart:
    """A request that wants to work on a thread."""

    owner: OwnerKey
    """Who sent it."""
    thread_key: str
    """The storage key of the thread, made from workspace, owner and thread id."""
    thread_id: str
    """The thread's id as the client knows it."""
    turn_id: str
    """The client's id of the request; the same when it is sent again."""
    body_digest: str
    """Stands for what was sent; another one under the same turn id is a conflict."""
    holder: str
    """Who would work on it, different for each attempt: the same holder that asks again (because
    it never saw the first answer) gets the thread again."""
    lease_seconds: float
    """How long the lease lasts without an `extend`."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    """The right to work on a thread, until it is ended or another process takes the thread over."""

    owner: OwnerKey
    """Whom the thread belongs to."""
    thread_key: str
    """The storage key of the thread."""
    thread_id: str
    """The thread's id as the client knows it."""
    turn_id: str
    """The request that is being worked on."""
    fence: int
    """Grows with each lease of the thread; who writes with an older one is refused."""
    holder: str
    """Who works on it."""
    seconds: float
    """How long it lasts after `begin` and after each `extend`."""
    is_resumed: bool
    """Whether an earlier attempt at the same turn did not come to its end."""
    begun_at: datetime
    """When the first attempt at the turn began."""


@dataclass(frozen=True, kw_only=True)
class StoredAnswer:
    """The turn was finished before: what was answered then."""

    answer: JsonValue
    """As it was given to `finish`."""
    finished_at: datetime
    """When the turn was finished."""


@dataclass(frozen=True, kw_only=True)
class ThreadRecord:
    """A thread as the ledger knows it: not what was said in it."""

    thread_id: str
    """As the client knows it."""
    created_at: datetime
    """When its first turn began."""
    last_turn_at: datetime
    """When its latest turn began."""
    is_busy: bool
    """Whether a turn works on it."""


# ------------------------------------------------------------------------------- operations


@dataclass(frozen=True, kw_only=True)
class Intent:
    """What is about to be started in another system."""

    token: str
    """The idempotency token, at most 64 characters; the key of the operation."""
    agent: str
    """The sub-agent that starts it."""
    tool: str
    """The tool that starts it."""
    kind: str
    """What it is, a word of the plugin's: `job_run`."""
    job: str | None
    """The configured name of what runs, where there is one."""
    title: str
    """Its name for people."""
    parameters: Mapping[str, JsonValue]
    """What it is started with."""
    parameters_digest: str
    """Stands for the parameters."""
    trace_id: str | None = None
    """The trace of the turn."""
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    """What the agent keeps with it from the first."""


@dataclass(frozen=True, kw_only=True)
class LaunchLimits:
    """How much of one kind may be started; `None` is no limit."""

    launches_per_hour: int | None = None
    """By one owner within the last 60 minutes; what was refused for certain does not count."""
    running_per_owner: int | None = None
    """At once by one owner: what is not known to have ended."""
    running_per_job: int | None = None
    """At once of one job in the workspace, by all owners together."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What a limit counts that holds for what runs at once: of one owner, or of one job."""

    workspace_id: str
    """The Databricks workspace."""
    kind: str
    """What they are, a word of the plugin's."""
    owner: str | None = None
    """Whose operations; `None`: those of the job, whoever started them."""
    job: str | None = None
    """The configured name of what runs, where the job counts."""


@dataclass(frozen=True, kw_only=True)
class OperationRecord:
    """One operation as the ledger knows it."""

    token: str
    """The idempotency token under which it was started."""
    owner: OwnerKey
    """Who started it."""
    thread_key: str
    """The thread in which it was started, by its storage key."""
    thread_id: str
    """The thread in which it was started, as the client knows it."""
    turn_id: str
    """The turn in which it was started."""
    agent: str
    """The sub-agent that started it."""
    tool: str
    """The tool that started it."""
    kind: str
    """What it is, a word of the plugin's."""
    job: str | None
    """The configured name of what runs, where there is one."""
    title: str
    """Its name for people."""
    parameters: Mapping[str, JsonValue]
    """What it was started with."""
    parameters_digest: str
    """Stands for the parameters."""
    trace_id: str | None
    """The trace of the turn that started it."""
    intended_at: datetime
    """When it was about to be started."""
    run_id: str | None = None
    """The other system's id; `None` while it is not known whether it was started."""
    state: str | None = None
    """The last state that was seen, a word of the plugin's."""
    url: str | None = None
    """The page where a person can look at it."""
    launched_at: datetime | None = None
    """When the run id became known."""
    seen_at: datetime | None = None
    """When the state was last seen."""
    ended_at: datetime | None = None
    """When it was first seen to have ended."""
    told_at: datetime | None = None
    """When its owner was told that it ended."""
    cancel_requested_at: datetime | None = None
    """When somebody asked for its end; its end is another fact."""
    abandoned_at: datetime | None = None
    """When the other system refused for certain to start it."""
    abandon_reason: str | None = None
    """Why it was refused."""
    repairs: int = 0
    """How often it was started again under the same run id."""
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    """What the agent keeps with it, for itself."""

    @property
    def is_open(self) -> bool:
        """Whether it may still be running: neither ended nor refused."""
        return self.ended_at is None and self.abandoned_at is None


# -------------------------------------------------------------------------- proposals, audit


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A tool call that needs the person's own word."""

    agent: str
    """The sub-agent that wants it."""
    tool: str
    """The tool that is to be called."""
    arguments: Mapping[str, JsonValue]
    """Exactly what it is to be called with."""
    reason: str
    """Why it is asked for, one sentence for the person."""
    expires_seconds: float
    """How long it can be accepted."""
    trace_id: str | None = None
    """The trace of the turn that proposes it."""


@dataclass(frozen=True, kw_only=True)
class ProposalRecord:
    """A proposal as the ledger knows it."""

    proposal_id: str
    """The same when the turn that proposed it is run again."""
    turn_id: str
    """The turn that proposed it."""
    agent: str
    """The sub-agent that wants it."""
    tool: str
    """The tool that is to be called."""
    arguments: Mapping[str, JsonValue]
    """Exactly what it is to be called with."""
    reason: str
    """Why it is asked for."""
    proposed_at: datetime
    """When it was proposed."""
    expires_at: datetime
    """From when on it cannot be accepted any more."""


class Action(StrEnum):
    """What an entry of the audit is about."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    SUPERSEDED = "superseded"
    INTENDED = "intended"
    LAUNCHED = "launched"
    LAUNCH_FAILED = "launch_failed"
    CANCEL_REQUESTED = "cancel_requested"
    REPAIRED = "repaired"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where in a conversation something comes from, for the audit."""

    agent: str | None = None
    """The sub-agent."""
    tool: str | None = None
    """The tool."""
    thread_key: str | None = None
    """The storage key of the thread."""
    turn_id: str | None = None
    """The turn."""
    trace_id: str | None = None
    """The trace of the turn."""


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Who did what; written once, never changed."""

    owner: OwnerKey
    """Who did it."""
    action: Action
    """What was done."""
    origin: Origin = field(default_factory=Origin)
    """Where it comes from."""
    job: str | None = None
    """The configured name of what runs."""
    run_id: str | None = None
    """The other system's id of the run."""
    token: str | None = None
    """The operation's token, or the proposal's id."""
    details: Mapping[str, JsonValue] = field(default_factory=dict)
    """What else there is to know."""


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """An entry of the audit as it was written."""

    number: int
    """Grows with each entry."""
    at: datetime
    """When it was written."""
    entry: AuditEntry
    """What was written."""
    thread_id: str | None = None
    """The thread as the client knows it, where the ledger knows the thread."""


@dataclass(frozen=True, kw_only=True)
class LedgerCounts:
    """How much the ledger holds, for operators."""

    threads: int
    """Threads that ever had a turn."""
    turns: int
    """Turns whose answer is kept, and those that are not finished."""
    operations: int
    """Everything that was ever about to be started."""
    open_operations: int
    """Those that may still be running."""
    unresolved: int
    """Those of which it is not known whether they were started."""
    audit: int
    """Entries of the audit."""
