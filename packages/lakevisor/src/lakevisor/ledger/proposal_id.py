"""What a proposal is called."""

from __future__ import annotations

import hashlib
import json

from lakevisor.ledger.values import Lease, Proposal


def proposal_id_of(lease: Lease, proposal: Proposal) -> str:
    """Return 32 characters that are the same whenever the turn proposes the same again."""
    what = [lease.thread_key, lease.turn_id, proposal.agent, proposal.tool, proposal.arguments]
    text = json.dumps(what, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
