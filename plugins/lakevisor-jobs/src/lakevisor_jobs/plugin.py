"""The sub-agent, as the entry point `jobs` registers it."""

from __future__ import annotations

from lakevisor_jobs.access import check, resources
from lakevisor_jobs.finding import find
from lakevisor_jobs.following import follow
from lakevisor_jobs.settings import JobsSettings
from lakevisor_jobs.settling import settle
from lakevisor_jobs.tools import build_tools
from lakevisor_plugin import SubAgent, hookimpl, read_prompt


@hookimpl
def lakevisor_register_agent() -> SubAgent[JobsSettings]:
    """Return the sub-agent for long work in Databricks Jobs."""
    return SubAgent(
        name="jobs",
        delegate_when=_delegate_when,
        prompt=read_prompt("lakevisor_jobs"),
        settings=JobsSettings,
        build_tools=build_tools,
        shortcuts=(
            "start_databricks_job",
            "poll_databricks_job",
            "terminate_databricks_job",
            "repair_databricks_job",
            "list_databricks_runs",
        ),
        effects=("start_databricks_job", "terminate_databricks_job", "repair_databricks_job"),
        actions=(
            "poll_databricks_job",
            "terminate_databricks_job",
            "repair_databricks_job",
            "list_databricks_runs",
        ),
        settle=settle,
        follow=follow,
        find=find,
        resources=resources,
        check=check,
    )


def _delegate_when(settings: JobsSettings) -> str:
    titles = ", ".join(job.title for job in settings.jobs.values())
    return (
        "To start long work as a Databricks job, to say how a run is doing or what it brought, to "
        f"cancel it, to repair it after a failure, or to list the person's runs. The jobs: "
        f"{titles}. Not for questions about data."
    )
