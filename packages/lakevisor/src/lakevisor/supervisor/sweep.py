"""The sweep: what became of launches whose answer was lost and whose turn was given up.

It also deletes what was kept of responses in the background, when its time is over.

A turn that is sent again asks with the same token. One that never is leaves an intent without a
run id, and asking again could start what the person has given up. So the workspace is only looked
at, by the agent that intended it (`SubAgent.find`).
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from lakevisor.config import Settings
from lakevisor.errors import LakebaseError
from lakevisor.ledger import Ledger
from lakevisor.ledger.values import OperationRecord
from lakevisor.registry import EnabledAgent
from lakevisor.workspace import WorkspaceConnection
from lakevisor_plugin import GiveUp, Intended, Started

logger = logging.getLogger(__name__)

AT_MOST = 100
"""How many launches one sweep looks for; the others are left to the next one."""
SKEW = timedelta(seconds=30)
"""How far the clocks of Lakebase and of the other system may be apart."""
NOT_THERE = "It was looked for after no request could be under way any more, and was not there."


@dataclass(frozen=True, kw_only=True)
class Swept:
    """What the sweep found out about one launch."""

    record: OperationRecord
    """The intent, as it was before."""
    outcome: Literal["launched", "abandoned", "unclear"]
    """It runs or has run; it was certainly not started; it cannot be told."""
    text: str
    """The run id, or why."""


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Looks for launches that nobody will ask about again, and clears up."""

    ledger: Ledger
    agents: Mapping[str, EnabledAgent]
    """By name."""
    workspace: WorkspaceConnection
    window: timedelta
    """How long after an intent a request that starts it can arrive."""
    responses_kept: timedelta = timedelta(days=1)
    """How long after its end a response in the background is kept, with its events."""
    answers_kept: timedelta = timedelta(days=365)
    """How long a turn is known by its request id, with its answer."""

    async def run(self, *, is_dry: bool = False) -> Sequence[Swept] | None:
        """Look for all that has waited long enough; None while another process is at it.

        Only what is twice as old as the window is decided: whatever else was started within the
        window has its run id by then, or is itself among what is looked for.

        Args:
            is_dry: write nothing down.
        """
        async with self.ledger.sweeping() as is_ours:
            if not is_ours:
                return None
            if not is_dry:
                await self.ledger.responses.forget(self.responses_kept)
                await self.ledger.turns.forget_answers(self.answers_kept)
            intents = (await self._waiting(self.window))[:AT_MOST]
            due = {each.token for each in await self._waiting(2 * self.window)}
            found = {each.token: await self._find(each) for each in intents}
            claims = Counter(
                (each.kind, run.run_id) for each in intents for run in _runs(found[each.token])
            )
            decided = [
                _decided(each, found[each.token], claims) for each in intents if each.token in due
            ]
            if not is_dry:
                for swept in decided:
                    await self._write(swept, found[swept.record.token])
            return decided

    async def _waiting(self, older_than: timedelta) -> Sequence[OperationRecord]:
        """Return what has waited so long in this workspace; Lakebase may serve several."""
        workspace_id = str(self.workspace.workspace_id)
        intents = await self.ledger.operations.unresolved(older_than)
        return [each for each in intents if each.owner.workspace_id == workspace_id]

    async def _find(self, record: OperationRecord) -> Sequence[Started] | str:
        """Return what it can be and is not known under another token, or why that is not known."""
        agent = self.agents.get(record.agent)
        if agent is None or agent.sub_agent.find is None:
            return f"The agent {record.agent!r} does not run here, or cannot look for it."
        intended = self._intended(record)
        try:
            runs = await agent.sub_agent.find(agent.settings, intended, self.workspace.client)
        except GiveUp as reason:
            return reason.message
        # A plugin looks at somebody else's system; the others are looked for all the same.
        except Exception as error:
            logger.warning(
                "A launch of %r could not be looked for.",
                record.title,
                exc_info=error,
                extra={"action": "sweep_failed", "token": record.token},
            )
            return f"It could not be looked for: {type(error).__name__}."
        return [each for each in runs if not await self._is_known(record, each)]

    def _intended(self, record: OperationRecord) -> Intended:
        return Intended(
            kind=record.kind,
            title=record.title,
            job=record.job,
            parameters=record.parameters,
            earliest=record.intended_at - SKEW,
            latest=record.intended_at + self.window + SKEW,
            starters=frozenset({self.workspace.user_name, record.owner.owner}),
        )

    async def _is_known(self, record: OperationRecord, run: Started) -> bool:
        workspace_id = record.owner.workspace_id
        get_any = self.ledger.operations.get_any
        return await get_any(workspace_id, run.run_id, kind=record.kind) is not None

    async def _write(self, swept: Swept, found: Sequence[Started] | str) -> None:
        token = swept.record.token
        if swept.outcome == "launched":
            await self.ledger.operations.launched(token, _runs(found)[0])
        elif swept.outcome == "abandoned":
            await self.ledger.operations.abandoned(token, swept.text)
        logger.warning(
            "A launch of %r without an answer is %s: %s",
            swept.record.title,
            swept.outcome,
            swept.text,
            extra={"action": f"sweep_{swept.outcome}", "token": token},
        )


def window_of(settings: Settings) -> timedelta:
    """Return how long after an intent its request can arrive.

    The turn's deadline, its lease (an attempt that is resumed begins within it), and the time in
    which the SDK sends a request again.
    """
    resent = 2 * settings.workspace.http_timeout_seconds
    turn = settings.turn
    return timedelta(seconds=turn.deadline_seconds + turn.lease_seconds + resent)


async def keep_sweeping(sweep: Sweep, *, minutes: float) -> None:
    """Sweep again and again; what fails is logged."""
    while True:
        # Spread, so that the processes of one deployment do not all come at once.
        await asyncio.sleep(60 * minutes * random.uniform(0.5, 1))  # noqa: S311 - no secret
        try:
            await sweep.run()
        except LakebaseError as error:
            # Lakebase is away: expected, and told in full by whatever needs it now.
            logger.warning(
                "The sweep is put off: %s", error.message, extra={"action": "sweep_failed"}
            )
        # Whatever it is, the next one may not have it, and the turns go on.
        except Exception as error:
            logger.warning("The sweep failed.", exc_info=error, extra={"action": "sweep_failed"})


def _runs(found: Sequence[Started] | str) -> Sequence[Started]:
    return () if isinstance(found, str) else found


def _decided(
    record: OperationRecord, found: Sequence[Started] | str, claims: Counter[tuple[str, str]]
) -> Swept:
    if isinstance(found, str):
        return Swept(record=record, outcome="unclear", text=found)
    if not found:
        return Swept(record=record, outcome="abandoned", text=NOT_THERE)
    run_ids = ", ".join(each.run_id for each in found)
    if len(found) > 1:
        return Swept(record=record, outcome="unclear", text=f"It can be any of {run_ids}.")
    if claims[record.kind, run_ids] > 1:
        text = f"Run {run_ids} can be this one or another launch without an answer."
        return Swept(record=record, outcome="unclear", text=text)
    return Swept(record=record, outcome="launched", text=f"Run {run_ids}.")
