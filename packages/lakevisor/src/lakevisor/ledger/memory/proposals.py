"""The proposals of the ledger in memory."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import JsonValue

from lakevisor.errors import ProposalGone
from lakevisor.ledger.memory.rows import ProposalRow, Rows
from lakevisor.ledger.proposals import proposal_id_of
from lakevisor.ledger.values import Action, AuditEntry, Lease, Origin, Proposal, ProposalRecord


class MemoryProposals:
    """What waits for the person's own word; see `lakevisor.ledger.port.Proposals`."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def propose(self, lease: Lease, proposal: Proposal) -> ProposalRecord:
        """Write down what is to be accepted."""
        self._rows.held_thread(lease)
        proposal_id = proposal_id_of(lease, proposal)
        for each in sorted(self._of_thread(lease), key=lambda row: row.record.proposed_at):
            if each.record.proposal_id != proposal_id:
                self._decide(each, Action.SUPERSEDED, lease)
        if known := self._rows.proposals.get(proposal_id):
            return known.record
        now = self._rows.now()
        record = ProposalRecord(
            proposal_id=proposal_id,
            turn_id=lease.turn_id,
            agent=proposal.agent,
            tool=proposal.tool,
            arguments=dict(proposal.arguments),
            reason=proposal.reason,
            proposed_at=now,
            expires_at=now + timedelta(seconds=proposal.expires_seconds),
        )
        row = ProposalRow(
            record=record,
            owner=lease.owner,
            thread_key=lease.thread_key,
            trace_id=proposal.trace_id,
        )
        self._rows.proposals[proposal_id] = row
        self._audit(Action.PROPOSED, row, lease.turn_id, expires_seconds=proposal.expires_seconds)
        return record

    async def open(self, lease: Lease) -> Sequence[ProposalRecord]:
        """Return what can be accepted by this turn."""
        found = [row.record for row in self._acceptable(lease)]
        return sorted(found, key=lambda each: (each.proposed_at, each.proposal_id))

    async def accept(self, lease: Lease, proposal_id: str) -> ProposalRecord:
        """Return what was proposed, once."""
        self._rows.held_thread(lease)
        row = self._rows.proposals.get(proposal_id)
        if row is None or row not in self._acceptable(lease):
            raise ProposalGone
        self._decide(row, Action.ACCEPTED, lease)
        return row.record

    async def decline(self, lease: Lease, proposal_id: str) -> None:
        """Write down that the person does not want it."""
        self._rows.held_thread(lease)
        row = self._rows.proposals.get(proposal_id)
        if row is not None and row in self._undecided(lease):
            self._decide(row, Action.DECLINED, lease)

    def _acceptable(self, lease: Lease) -> list[ProposalRow]:
        accepted = ("accepted", lease.turn_id)
        return [
            row for row in self._of_thread(lease) if (row.decision, row.decided_in) == accepted
        ] + [row for row in self._undecided(lease) if row.record.expires_at > self._rows.now()]

    def _undecided(self, lease: Lease) -> list[ProposalRow]:
        """Return what earlier turns of the thread proposed and nobody answered."""
        return [
            row
            for row in self._of_thread(lease)
            if row.decision is None and row.record.turn_id != lease.turn_id
        ]

    def _of_thread(self, lease: Lease) -> list[ProposalRow]:
        proposals = self._rows.proposals.values()
        return [row for row in proposals if row.thread_key == lease.thread_key]

    def _decide(self, row: ProposalRow, action: Action, lease: Lease) -> None:
        if row.decision is None:
            row.decision, row.decided_in = action.value, lease.turn_id
            self._audit(action, row, lease.turn_id)

    def _audit(self, action: Action, row: ProposalRow, turn_id: str, **more: JsonValue) -> None:
        origin = Origin(
            agent=row.record.agent,
            tool=row.record.tool,
            thread_key=row.thread_key,
            turn_id=turn_id,
            trace_id=row.trace_id,
        )
        entry = AuditEntry(
            owner=row.owner,
            action=action,
            origin=origin,
            token=row.record.proposal_id,
            details={"arguments": dict(row.record.arguments), **more},
        )
        self._rows.write_audit(entry)
