"""What the sub-agent needs in the workspace, and whether it is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lakevisor_jobs.settings import JobSettings, JobsSettings
from lakevisor_plugin import Finding, Resource

if TYPE_CHECKING:
    from databricks.sdk import WorkspaceClient
    from databricks.sdk.service.jobs import Job


def resources(settings: JobsSettings) -> Sequence[Resource]:
    """Return what deployment must grant: to start, see and stop the runs of each job."""
    return [
        Resource(
            kind="job",
            name=str(job.job_id or job.job_name),
            permission="CAN_MANAGE_RUN",
            reason=f"starts, sees and stops runs of {job.title!r}",
        )
        for job in settings.jobs.values()
    ]


def check(settings: JobsSettings, workspace: WorkspaceClient) -> Sequence[Finding]:
    """Look whether each job is there and takes the parameters that are configured for it."""
    return [
        finding
        for name, job in settings.jobs.items()
        for finding in _check_job(name, job, workspace)
    ]


def _check_job(name: str, job: JobSettings, workspace: WorkspaceClient) -> Iterator[Finding]:
    from databricks.sdk.errors import NotFound, PermissionDenied
    from databricks.sdk.errors.base import DatabricksError

    key = f"agents.jobs.jobs.{name}"
    try:
        found = _find(job, workspace)
    except NotFound:
        yield _problem(f"{key}: the workspace has no job {job.job_id}. Correct job_id.")
    except PermissionDenied:
        yield _problem(
            f"{key}: the job {job.job_id or job.job_name!r} may not be seen. Grant CAN_MANAGE_RUN "
            "on it to the identity that Lakevisor uses."
        )
    except DatabricksError as error:
        yield _problem(f"{key}: the job could not be looked up: {error}")
    else:
        yield from _findings(key, job, found)


def _find(job: JobSettings, workspace: WorkspaceClient) -> Sequence[Job]:
    if job.job_id is not None:
        return [workspace.jobs.get(job.job_id)]
    same_name = workspace.jobs.list(name=job.job_name)
    return [workspace.jobs.get(each.job_id) for each in same_name if each.job_id is not None]


def _findings(key: str, job: JobSettings, found: Sequence[Job]) -> Iterator[Finding]:
    if not found:
        yield _problem(f"{key}: the workspace has no job named {job.job_name!r}. Correct job_name.")
        return
    if len(found) > 1:
        yield _problem(
            f"{key}: {len(found)} jobs are named {job.job_name!r}. Configure job_id instead."
        )
        return
    settings = found[0].settings
    declared = {each.name for each in (settings.parameters if settings else None) or ()}
    request = filter(None, [job.request_parameter])
    wanted = {*(job.parameters or ()), *request, *job.own_parameters}
    for parameter in sorted(wanted - declared):
        yield _problem(
            f"{key}: the job {found[0].job_id} declares no parameter {parameter!r}. Add it to the "
            "job, or take it out of the configuration."
        )
    name = settings.name if settings else None
    yield Finding(is_problem=False, text=f"{key}: job {found[0].job_id}, {name!r}.")


def _problem(text: str) -> Finding:
    return Finding(is_problem=True, text=text)
