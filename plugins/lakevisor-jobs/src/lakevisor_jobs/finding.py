"""Finding a run whose start got no answer, and whose turn was given up.

The API does not say with which idempotency token a run was started, so a run is known by its job,
its parameters, its starter and its time. With `turn_parameter` no other run can have them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from lakevisor_jobs.run_report import read_run
from lakevisor_jobs.settings import JobSettings, JobsSettings
from lakevisor_plugin import GiveUp, Intended, Started

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import BaseRun

AT_MOST = 1000
"""How many runs of the time in question are looked at."""


async def find(
    settings: JobsSettings, intended: Intended, workspace: WorkspaceClient
) -> Sequence[Started]:
    """Return the runs that can be the one that was about to be started.

    Raises:
        GiveUp: it cannot be told whether there is one.
    """
    job = settings.jobs.get(intended.job or "")
    if job is None:
        raise GiveUp(f"The job {intended.job!r} is not in the configuration any more.")
    return await asyncio.to_thread(_find, job, intended, workspace)


def _find(job: JobSettings, intended: Intended, workspace: WorkspaceClient) -> Sequence[Started]:
    job_id = _job_id(job, workspace)
    # Whoever may not see the job would be shown no run, as if there were none.
    workspace.jobs.get(job_id)
    like_it = [each for each in _runs(job_id, intended, workspace) if _fits(each, job, intended)]
    ours = [each for each in like_it if each.creator_user_name in intended.starters]
    if like_it and not ours:
        other = like_it[0]
        raise GiveUp(f"Run {other.run_id} is like it, and {other.creator_user_name} started it.")
    return [_started(each) for each in ours]


def _job_id(job: JobSettings, workspace: WorkspaceClient) -> int:
    if job.job_id is not None:
        return job.job_id
    ids = [each.job_id for each in workspace.jobs.list(name=job.job_name) if each.job_id]
    if len(ids) != 1:
        raise GiveUp(f"{len(ids)} jobs of the workspace are called {job.job_name!r}.")
    return ids[0]


def _runs(job_id: int, intended: Intended, workspace: WorkspaceClient) -> Iterator[BaseRun]:
    found = workspace.jobs.list_runs(
        job_id=job_id,
        start_time_from=int(intended.earliest.timestamp() * 1000),
        start_time_to=int(intended.latest.timestamp() * 1000),
    )
    for number, run in enumerate(found):
        if number == AT_MOST:
            raise GiveUp(f"The job has more than {AT_MOST} runs of that time.")
        yield run


def _fits(run: BaseRun, job: JobSettings, intended: Intended) -> bool:
    """Tell whether a run has the parameters that were sent, and its job's defaults beside them."""
    sent: Mapping[str, object] = intended.parameters
    given = {each.name: each for each in run.job_parameters or () if each.name}
    if not sent.keys() <= given.keys():
        return False
    return all(
        each.value == sent.get(name, each.default)
        for name, each in given.items()
        # Another attempt at the same turn has another trace.
        if name != job.trace_parameter
    )


def _started(run: BaseRun) -> Started:
    from databricks.sdk.service.jobs import Run

    report = read_run(Run.from_dict(run.as_dict()), now=time.time())
    return Started(run_id=str(run.run_id), state=report.state.value, url=report.url)
