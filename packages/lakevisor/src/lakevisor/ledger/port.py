"""The ledger: what must survive the process that works on a turn.

Seven small stores over one database, each method one transaction that may be called again when its
answer was lost on the way: what was done is not done twice. Only `AuditTrail.append` is otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Protocol

from pydantic import JsonValue

from lakevisor.ledger.proposals import Proposals
from lakevisor.ledger.responses import Responses
from lakevisor.ledger.slots import Slots
from lakevisor.ledger.values import (
    AuditEntry,
    AuditRecord,
    Intent,
    LaunchLimits,
    Lease,
    LedgerCounts,
    OperationRecord,
    Origin,
    OwnerKey,
    StoredAnswer,
    ThreadRecord,
    TurnStart,
)
from lakevisor_plugin import Started


class Turns(Protocol):
    """Which turn works on which thread, and what was answered."""

    async def begin(self, start: TurnStart) -> StoredAnswer | Lease:
        """Take the thread for a turn, or return what the turn answered before.

        A lease that was not extended in time can be taken over, by the same turn
        (`Lease.is_resumed`) or by another one.

        Raises:
            TurnConflict: the turn id was used with another body.
            TurnRunning: the same turn is being worked on.
            ThreadBusy: another turn of the thread is being worked on.
        """
        ...

    async def extend(self, lease: Lease) -> None:
        """Let the lease last for its time from now on (a heartbeat).

        A lease that ran out and that nobody took over is good again.

        Raises:
            LeaseLost: it was ended, or the thread was taken over.
        """
        ...

    async def finish(self, lease: Lease, answer: JsonValue, *, told: Sequence[str] = ()) -> None:
        """Store the answer, mark what it tells as told, and end the lease: all or nothing.

        Args:
            lease: of the turn.
            answer: what `begin` returns when the same request comes again.
            told: tokens of the operations whose end the answer tells.

        Raises:
            LeaseLost: the thread was taken over; nothing was written.
        """
        ...

    async def release(self, lease: Lease) -> None:
        """End the lease of a turn that failed; the same turn can then be begun again, resumed.

        A lease that was lost before is no error.
        """
        ...

    async def answer(self, thread_key: str, turn_id: str) -> StoredAnswer | None:
        """Return what a turn has answered, or None if it has not, or not on this thread."""
        ...

    async def forget_answers(self, older_than: timedelta) -> int:
        """Delete finished turns, and return how many.

        A request that is sent again after that begins anew; its operations keep their tokens, so
        nothing is started twice.
        """
        ...


class Threads(Protocol):
    """The conversations of people, and their end."""

    async def list(
        self, owner: OwnerKey, *, thread_key: str | None = None, limit: int = 50
    ) -> Sequence[ThreadRecord]:
        """Return the threads of this owner, the one with the latest turn first.

        Args:
            owner: whose; another owner's threads do not exist.
            thread_key: only the thread with this storage key.
            limit: how many at most.
        """
        ...

    async def forget(self, lease: Lease) -> None:
        """Delete the turns, responses and proposals of a thread, and end the lease.

        What was started in it stays known, and so does the audit.

        Raises:
            LeaseLost: the thread was taken over; nothing was deleted.
        """
        ...


class OperationStore(Protocol):
    """What was started in other systems, by whom, and what became of it."""

    async def intend(self, lease: Lease, intent: Intent, limits: LaunchLimits) -> OperationRecord:
        """Write down what is about to be started, or return what is known under its token.

        An intent that was abandoned is intended again, and counts again. The limits are exact,
        however many ask at once.

        Raises:
            LeaseLost: the thread was taken over; nothing was written.
            LimitReached: no more may be started; only the audit says so.
        """
        ...

    async def adopt(self, lease: Lease, intent: Intent, started: Started) -> OperationRecord:
        """Write down what has begun already, in one step; no limit holds for it.

        Raises:
            LeaseLost: the thread was taken over; nothing was written.
            RuntimeError: the token or the run id stands for something else (a bug).
        """
        ...

    async def launched(self, token: str, started: Started) -> OperationRecord:
        """Write down under which id the other system runs it; the same id again is fine.

        No lease is asked for: it runs, whoever works on the thread now.

        Raises:
            RuntimeError: the token is unknown or has another run id (a bug).
        """
        ...

    async def abandoned(self, token: str, reason: str) -> OperationRecord:
        """Write down that the other system refused for certain to start it.

        What has a run id is not abandoned: the record is returned as it is.

        Raises:
            RuntimeError: the token is unknown (a bug).
        """
        ...

    async def get(
        self, owner: OwnerKey, run_id: str, *, kind: str | None = None
    ) -> OperationRecord | None:
        """Return an operation of this owner; another owner's does not exist."""
        ...

    async def get_any(
        self, workspace_id: str, run_id: str, *, kind: str | None = None
    ) -> OperationRecord | None:
        """Return an operation whoever owns it: only for the configured administrators."""
        ...

    async def list(
        self,
        owner: OwnerKey,
        *,
        kind: str | None = None,
        thread_key: str | None = None,
        turn_id: str | None = None,
        only_open: bool = False,
        limit: int = 50,
    ) -> Sequence[OperationRecord]:
        """Return operations of this owner, the latest first."""
        ...

    async def list_any(
        self,
        workspace_id: str,
        *,
        kind: str | None = None,
        job: str | None = None,
        only_open: bool = False,
        limit: int = 50,
    ) -> Sequence[OperationRecord]:
        """Return operations whoever owns them, for administrators and for what a limit counts."""
        ...

    async def note(
        self, seen: OperationRecord, *, state: str, is_final: bool, url: str | None = None
    ) -> OperationRecord:
        """Remember the state that was seen, and return the operation with it.

        An end stays an end, except after `repaired`. A look that was begun before a repair
        changes nothing.

        Args:
            seen: the operation as it was read before the other system was asked.
            state: a word of the plugin's.
            is_final: whether it has ended.
            url: its page, where it became known only now.
        """
        ...

    async def keep_details(
        self,
        token: str,
        *,
        details: Mapping[str, JsonValue],
        expected: Mapping[str, JsonValue],
    ) -> bool:
        """Replace what the agent keeps with an operation, if it is still what was read.

        Of several that read the same and replace it by something else, one gets True. What has
        ended is not changed any more.

        Args:
            token: the operation.
            details: what is kept from now on.
            expected: what was read.
        """
        ...

    async def request_cancel(
        self, operation: OperationRecord, *, by: OwnerKey, origin: Origin
    ) -> OperationRecord:
        """Remember that its end was asked for; the second time, or after its end, changes nothing.

        Commit this before the other system is asked.

        Args:
            operation: as `get` gave it to the owner, or `get_any` to an administrator.
            by: who asks for it, for the audit.
            origin: where in a conversation it is asked for.
        """
        ...

    async def repaired(
        self,
        operation: OperationRecord,
        *,
        state: str,
        by: OwnerKey,
        origin: Origin,
        limits: LaunchLimits,
    ) -> OperationRecord:
        """Remember that what had ended runs again under the same id: its next end is told too.

        The second call for the same repair changes nothing. What runs again counts like what was
        launched; a limit on launches within an hour does not hold for it.

        Args:
            operation: as in `request_cancel`.
            state: a word of the plugin's.
            by: who asks for it, for the audit.
            origin: where in a conversation it is asked for.
            limits: how much may run at once.

        Raises:
            LimitReached: no more may run; only the audit says so.
        """
        ...

    async def claim_untold(self, lease: Lease) -> Sequence[OperationRecord]:
        """Return what ended and was not told, reserved for this turn to tell.

        No other turn gets it while this one holds its lease; `Turns.finish` marks it as told. A
        turn that dies loses its claim to the owner's next turn, in any thread.

        Raises:
            LeaseLost: the thread was taken over.
        """
        ...

    async def unresolved(self, older_than: timedelta) -> Sequence[OperationRecord]:
        """Return intents without a run id whose turn nobody works on, for the sweep.

        Args:
            older_than: only what was intended at least so long ago.
        """
        ...


class AuditTrail(Protocol):
    """Who did what. Entries can be added and read, never changed."""

    async def append(self, entry: AuditEntry) -> None:
        """Write an entry."""
        ...

    async def of(self, owner: OwnerKey, *, limit: int = 100) -> Sequence[AuditRecord]:
        """Return what this owner did, the latest first."""
        ...

    async def of_everybody(self, workspace_id: str, *, limit: int = 100) -> Sequence[AuditRecord]:
        """Return what was done in a workspace, the latest first; for operators."""
        ...


class Ledger(Protocol):
    """The seven stores."""

    @property
    def threads(self) -> Threads:
        """The conversations of people."""
        ...

    @property
    def turns(self) -> Turns:
        """Which turn works on which thread, and what was answered."""
        ...

    @property
    def operations(self) -> OperationStore:
        """What was started in other systems."""
        ...

    @property
    def proposals(self) -> Proposals:
        """What waits for the person's own word."""
        ...

    @property
    def responses(self) -> Responses:
        """What is worked on in the background."""
        ...

    @property
    def slots(self) -> Slots:
        """Who may send a request to a system that limits them."""
        ...

    @property
    def audit(self) -> AuditTrail:
        """Who did what."""
        ...

    def sweeping(self) -> AbstractAsyncContextManager[bool]:
        """Say whether no other process sweeps, and keep it so while the block runs."""
        ...

    async def counts(self) -> LedgerCounts:
        """Return how much the ledger holds, for operators."""
        ...
