"""Starting a run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

from lakevisor_jobs.configured_jobs import ConfiguredJob
from lakevisor_jobs.permission import permission_needed
from lakevisor_jobs.run_report import read_run
from lakevisor_jobs.run_state import RunState
from lakevisor_plugin import Started, TryAgain, Turn

LOOK_SECONDS = 5.0
"""How long a launch waits to see its run; the run has begun, whatever comes of looking."""


@dataclass(frozen=True, kw_only=True)
class RunStart:
    """Starts a job's run; what the ledger calls, once it has remembered that it will."""

    job: ConfiguredJob
    """The job."""
    job_id: int
    """Its id in the workspace."""
    parameters: Mapping[str, str]
    """The job parameters of the run."""
    turn: Turn
    """The turn in which it is started."""

    async def __call__(self, token: str) -> Started:
        """Start the job once, and look at the run for its state and page.

        The SDK sends a POST again when its answer is lost: the token makes that the same run.

        Raises:
            GiveUp: the job does not exist or may not be run.
            TryAgain: the job does not take these parameters.
        """
        from databricks.sdk.errors import BadRequest, NotFound

        try:
            with permission_needed(self.job.not_allowed()):
                answer = await self.turn.call(
                    self.turn.workspace.jobs.run_now,
                    self.job_id,
                    job_parameters=dict(self.parameters) or None,
                    idempotency_token=token,
                )
        except NotFound as error:
            raise self.job.missing() from error
        except BadRequest as error:
            # `run-now` says INVALID_PARAMETER_VALUE for a missing job too; `get` tells them apart.
            if not await _exists(self.job_id, turn=self.turn):
                raise self.job.missing() from error
            title = self.job.settings.title
            raise TryAgain(f"{title!r} was not started: {error}") from error
        return await _look(int(answer.bind()["run_id"]), turn=self.turn)


async def _exists(job_id: int, *, turn: Turn) -> bool:
    from databricks.sdk.errors import NotFound

    try:
        await turn.call(turn.workspace.jobs.get, job_id)
    except NotFound:
        return False
    return True


async def _look(run_id: int, *, turn: Turn) -> Started:
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            run = await turn.call(turn.workspace.jobs.get_run, run_id)
    # The run exists now: a fault of looking (the SDK's errors, requests', a time-out) must not
    # lose its id.
    except OSError:
        return Started(run_id=str(run_id), state=RunState.UNKNOWN.value)
    report = read_run(run, now=time.time())
    return Started(run_id=str(run_id), state=report.state.value, url=report.url)
