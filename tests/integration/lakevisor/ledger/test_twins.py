"""Whatever is done to them, the twin in memory and the one in PostgreSQL answer the same."""

import asyncio
from dataclasses import fields, is_dataclass
from datetime import datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lakevisor.errors import LakevisorError
from lakevisor.ledger.values import LaunchLimits, Origin, Proposal
from lakevisor_plugin import Started

LIMITS = LaunchLimits(launches_per_hour=3, running_per_owner=2, running_per_job=2)
ACTIONS = (
    *(
        "extend",
        "finish",
        "release",
        "intend",
        "adopt",
        "launched",
        "abandoned",
        "note",
        "end",
        "cancel",
    ),
    *("repair", "claim", "list", "get", "propose", "open", "accept", "decline"),
)
NUMBERS = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("begin"), st.integers(0, 3), NUMBERS),
    st.tuples(st.just("begin"), st.integers(0, 3), NUMBERS),
    st.tuples(st.just("pass_time"), st.sampled_from([5, 31, 3700]), NUMBERS),
    st.tuples(
        st.sampled_from(ACTIONS),
        NUMBERS,
        NUMBERS,
    ),
)


class _World:
    """One twin, with the leases, operations and proposals that it has given so far."""

    def __init__(self, store):
        self.store, self.ledger = store, store.ledger
        self.leases, self.seen, self.proposed, self.claimed = [], {}, [], ()

    async def do(self, step):
        """Do one step, and return what became of it, without times."""
        name, first, second = step
        try:
            return _bare(await getattr(self, name)(first, second), self.store.workspace_id)
        except (LakevisorError, RuntimeError) as error:
            return type(error).__name__
        except LookupError:
            return "nothing to do it with"

    async def begin(self, turn, thread):
        owner = self.store.owner("bob" if thread == 2 else "ann")
        holder = f"holder-{len(self.leases) % 2}"
        start = self.store.start(f"t{turn}", thread=str(thread), owner=owner, holder=holder)
        found = await self.ledger.turns.begin(start)
        if hasattr(found, "fence"):
            self.leases.append(found)
        return found

    async def pass_time(self, seconds, _):
        await self.store.pass_time(seconds)

    async def extend(self, back, _):
        await self.ledger.turns.extend(self.leases[-1 - back])

    async def finish(self, back, _):
        told = [each.token for each in self.claimed]
        await self.ledger.turns.finish(self.leases[-1 - back], {"n": back}, told=told)

    async def release(self, back, _):
        await self.ledger.turns.release(self.leases[-1 - back])

    async def intend(self, back, number):
        intent = self.store.intent(f"{number}", job=f"job-{number % 2}")
        return self._see(
            await self.ledger.operations.intend(self.leases[-1 - back], intent, LIMITS)
        )

    async def adopt(self, back, number):
        intent = self.store.intent(f"{number}", kind="question", job=f"job-{number % 2}")
        started = Started(run_id=f"run-{number}", state="RUNNING")
        adopted = self.ledger.operations.adopt
        return self._see(await adopted(self.leases[-1 - back], intent, started))

    async def launched(self, number, run):
        started = Started(run_id=f"run-{run}", state="RUNNING")
        token = self.store.token(f"{number}")
        return self._see(await self.ledger.operations.launched(token, started))

    async def abandoned(self, number, _):
        return self._see(
            await self.ledger.operations.abandoned(self.store.token(f"{number}"), "no")
        )

    async def note(self, number, _):
        seen = self.seen[self.store.token(f"{number}")]
        return await self.ledger.operations.note(seen, state="QUEUED", is_final=False)

    async def end(self, number, _):
        seen = self.seen[self.store.token(f"{number}")]
        return self._see(await self.ledger.operations.note(seen, state="FAILED", is_final=True))

    async def cancel(self, number, _):
        seen, origin = self.seen[self.store.token(f"{number}")], Origin(tool="cancel")
        by = self.store.owner("bob")
        return await self.ledger.operations.request_cancel(seen, by=by, origin=origin)

    async def repair(self, number, _):
        seen, origin = self.seen[self.store.token(f"{number}")], Origin(tool="repair")
        repaired = self.ledger.operations.repaired
        how = {"state": "RUNNING", "by": seen.owner, "origin": origin, "limits": LIMITS}
        return self._see(await repaired(seen, **how))

    async def claim(self, back, _):
        self.claimed = await self.ledger.operations.claim_untold(self.leases[-1 - back])
        return self.claimed

    async def list(self, thread, number):
        owner, only_open = self.store.owner("bob" if thread == 2 else "ann"), number == 1
        return await self.ledger.operations.list(owner, only_open=only_open)

    async def get(self, run, thread):
        owner = self.store.owner("bob" if thread == 2 else "ann")
        return await self.ledger.operations.get(owner, f"run-{run}")

    async def propose(self, back, number):
        proposal = Proposal(
            agent="jobs", tool="t", arguments={"n": number}, reason="?", expires_seconds=20
        )
        made = await self.ledger.proposals.propose(self.leases[-1 - back], proposal)
        self.proposed.append(made.proposal_id)
        return made

    async def open(self, back, _):
        return await self.ledger.proposals.open(self.leases[-1 - back])

    async def accept(self, back, number):
        return await self.ledger.proposals.accept(
            self.leases[-1 - back], self.proposed[-1 - number]
        )

    async def decline(self, back, number):
        await self.ledger.proposals.decline(self.leases[-1 - back], self.proposed[-1 - number])

    def _see(self, operation):
        self.seen[operation.token] = operation
        return operation

    async def trail(self):
        """Return the audit of everybody."""
        found = [await self.ledger.audit.of(self.store.owner(name)) for name in ("ann", "bob")]
        return _bare(
            [[each.entry for each in records] for records in found], self.store.workspace_id
        )


def _bare(value, workspace_id):
    """Return a value as text-like data without times and without the workspace's id."""
    if is_dataclass(value):
        # A proposal's id, which is also its token in the audit, is made from the workspace's.
        hidden = {"proposal_id", "token"} if hasattr(value, "action") else {"proposal_id"}
        names = [each.name for each in fields(value) if each.name not in hidden]
        return {name: _bare(getattr(value, name), workspace_id) for name in names}
    if isinstance(value, dict):
        return {name: _bare(each, workspace_id) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_bare(each, workspace_id) for each in value]
    if isinstance(value, datetime):
        return "a time"
    return value.replace(workspace_id, "W") if isinstance(value, str) else value


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=5, max_size=40))
def test_both_twins_answer_the_same(open_twins, steps):
    async def compare():
        async with open_twins() as stores:
            one, other = map(_World, stores)
            for step in steps:
                assert await one.do(step) == await other.do(step), step
            assert await one.trail() == await other.trail()

    asyncio.run(compare())
