"""What a person must accept: exactly what was proposed, once, by a later turn of the thread."""

from dataclasses import replace

import pytest

from lakevisor.errors import LeaseLost, ProposalGone
from lakevisor.ledger.values import Action, Proposal

PROPOSAL = Proposal(
    agent="jobs",
    tool="start_databricks_job",
    arguments={"job": "anomalies", "parameters": {"day": "2026-01-01\0"}},
    reason="Start the job?",
    expires_seconds=600,
    trace_id="tr-1",
)


async def test_a_later_turn_accepts_exactly_what_was_proposed(store):
    proposed = await _propose(store)
    lease = await store.begin("turn-2")
    assert await store.ledger.proposals.open(lease) == [proposed]
    assert await store.ledger.proposals.accept(lease, proposed.proposal_id) == proposed
    assert proposed.arguments == PROPOSAL.arguments


async def test_the_same_proposal_in_the_same_turn_is_one(store):
    lease = await store.begin()
    first = await store.ledger.proposals.propose(lease, PROPOSAL)
    assert await store.ledger.proposals.propose(lease, PROPOSAL) == first
    [record] = await store.ledger.audit.of(store.owner())
    assert record.entry.action is Action.PROPOSED
    told = {"arguments": PROPOSAL.arguments, "expires_seconds": PROPOSAL.expires_seconds}
    assert record.entry.details == told


async def test_the_turn_that_proposes_cannot_accept(store):
    lease = await store.begin()
    proposed = await store.ledger.proposals.propose(lease, PROPOSAL)
    assert await store.ledger.proposals.open(lease) == []
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(lease, proposed.proposal_id)


async def test_only_one_turn_accepts_also_when_it_is_resumed(store):
    proposed = await _propose(store)
    await store.ledger.proposals.accept(await store.begin("turn-2"), proposed.proposal_id)
    await store.pass_time(31)
    resumed = await store.begin("turn-2")
    [found] = await store.ledger.proposals.open(resumed)
    assert found.proposal_id == proposed.proposal_id
    await store.ledger.proposals.accept(resumed, proposed.proposal_id)
    await store.ledger.turns.finish(resumed, "Started.")
    later = await store.begin("turn-3")
    assert await store.ledger.proposals.open(later) == []
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(later, proposed.proposal_id)
    actions = [each.entry.action for each in await store.ledger.audit.of(store.owner())]
    assert actions == [Action.ACCEPTED, Action.PROPOSED]


async def test_a_proposal_expires(store):
    proposed = await _propose(store)
    await store.pass_time(601)
    lease = await store.begin("turn-2")
    assert await store.ledger.proposals.open(lease) == []
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(lease, proposed.proposal_id)


async def test_another_thread_cannot_accept(store):
    proposed = await _propose(store)
    lease = await store.begin("turn-2", thread="b")
    assert await store.ledger.proposals.open(lease) == []
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(lease, proposed.proposal_id)


async def test_what_was_declined_is_gone(store):
    proposed = await _propose(store)
    lease = await store.begin("turn-2")
    await store.ledger.proposals.decline(lease, proposed.proposal_id)
    await store.ledger.proposals.decline(lease, proposed.proposal_id)
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(lease, proposed.proposal_id)
    actions = [each.entry.action for each in await store.ledger.audit.of(store.owner())]
    assert actions == [Action.DECLINED, Action.PROPOSED]


async def test_a_later_proposal_makes_the_earlier_void(store):
    first = await _propose(store)
    lease = await store.begin("turn-2")
    other = replace(PROPOSAL, arguments={"job": "other"})
    second = await store.ledger.proposals.propose(lease, other)
    await store.ledger.turns.finish(lease, "And this?")
    lease = await store.begin("turn-3")
    assert await store.ledger.proposals.open(lease) == [second]
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(lease, first.proposal_id)


async def test_of_what_one_turn_proposed_only_the_last_can_be_accepted(store):
    lease = await store.begin()
    first = await store.ledger.proposals.propose(lease, PROPOSAL)
    other = replace(PROPOSAL, arguments={"job": "other"})
    second = await store.ledger.proposals.propose(lease, other)
    await store.ledger.turns.finish(lease, "Shall I?")
    later = await store.begin("turn-2")
    assert await store.ledger.proposals.open(later) == [second]
    with pytest.raises(ProposalGone):
        await store.ledger.proposals.accept(later, first.proposal_id)


async def test_who_lost_the_lease_decides_nothing(store):
    proposed = await _propose(store)
    late = await store.begin("turn-2")
    await store.pass_time(31)
    lease = await store.begin("turn-3")
    for decide in (store.ledger.proposals.accept, store.ledger.proposals.decline):
        with pytest.raises(LeaseLost):
            await decide(late, proposed.proposal_id)
    with pytest.raises(LeaseLost):
        await store.ledger.proposals.propose(late, PROPOSAL)
    assert len(await store.ledger.proposals.open(lease)) == 1


async def _propose(store):
    """Propose in a turn that is finished then."""
    lease = await store.begin("turn-1")
    proposed = await store.ledger.proposals.propose(lease, PROPOSAL)
    await store.ledger.turns.finish(lease, "Shall I?")
    return proposed
