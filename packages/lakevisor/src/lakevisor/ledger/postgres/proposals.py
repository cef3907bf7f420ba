"""The proposals of the ledger in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence

from psycopg.types.json import Json

from lakevisor.errors import ProposalGone
from lakevisor.ledger.postgres.database import Database
from lakevisor.ledger.postgres.records import lease_parameters, proposal_of
from lakevisor.ledger.proposals import proposal_id_of
from lakevisor.ledger.values import Lease, Proposal, ProposalRecord

PROPOSE = ("require_fence", "supersede_proposals", "add_proposal", "proposal_of_id")


class PostgresProposals:
    """What waits for the person's own word; see `lakevisor.ledger.port.Proposals`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def propose(self, lease: Lease, proposal: Proposal) -> ProposalRecord:
        """Write down what is to be accepted."""
        parameters = {
            **lease_parameters(lease),
            **vars(proposal),
            "arguments": Json(proposal.arguments),
            "proposal_id": proposal_id_of(lease, proposal),
        }
        *_, [row] = await self._database.run(*PROPOSE, parameters=parameters)
        return proposal_of(row)

    async def open(self, lease: Lease) -> Sequence[ProposalRecord]:
        """Return what can be accepted by this turn."""
        [rows] = await self._database.run("open_proposals", parameters=lease_parameters(lease))
        return [proposal_of(row) for row in rows]

    async def accept(self, lease: Lease, proposal_id: str) -> ProposalRecord:
        """Return what was proposed, once."""
        for proposal in await self._decide(lease, proposal_id, "accepted"):
            if proposal.proposal_id == proposal_id:
                return proposal
        raise ProposalGone

    async def decline(self, lease: Lease, proposal_id: str) -> None:
        """Write down that the person does not want it."""
        await self._decide(lease, proposal_id, "declined")

    async def _decide(
        self, lease: Lease, proposal_id: str, decision: str
    ) -> Sequence[ProposalRecord]:
        """Decide, and return what this turn can accept or has accepted then."""
        decided = {"proposal_id": proposal_id, "decision": decision}
        parameters = {**lease_parameters(lease), **decided}
        names = ("require_fence", "decide_proposal", "open_proposals")
        *_, rows = await self._database.run(*names, parameters=parameters)
        return [proposal_of(row) for row in rows]
