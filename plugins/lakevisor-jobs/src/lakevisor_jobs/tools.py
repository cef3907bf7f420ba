"""The tools of the sub-agent.

Annotations are values here, not strings: the names of the jobs become part of a tool's schema.
"""

from collections.abc import Sequence
from typing import Annotated, Any

from langchain_core.tools import BaseTool, tool
from pydantic import BeforeValidator, Field

from lakevisor_jobs import answers
from lakevisor_jobs.configured_jobs import ConfiguredJobs
from lakevisor_jobs.launch import RunStart
from lakevisor_jobs.permission import no_permission_for_run, permission_needed
from lakevisor_jobs.repair import repair_run
from lakevisor_jobs.run_choice import KIND, choose_run
from lakevisor_jobs.run_look import see_run, stop_was_requested
from lakevisor_jobs.run_result import run_errors, run_result
from lakevisor_jobs.run_state import RunState
from lakevisor_jobs.run_table import latest_runs
from lakevisor_jobs.settings import JobsSettings
from lakevisor_jobs.settling import Start, settle_start, settle_stop
from lakevisor_plugin import Answer, AskFirst, CurrentTurn, Launched, Turn


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int) else value


RunId = Annotated[str, BeforeValidator(_as_text)]
"""A run's id; models often write it as a number."""


def build_tools(settings: JobsSettings) -> Sequence[BaseTool]:
    """Return the tools; connects to nothing."""
    jobs = ConfiguredJobs(settings=settings)
    return (
        _start_tool(jobs),
        poll_databricks_job,
        _terminate_tool(settings),
        _repair_tool(jobs),
        list_databricks_runs,
    )


def _start_tool(jobs: ConfiguredJobs) -> BaseTool:
    names = list(jobs.names)

    async def start_databricks_job(
        user_request: str,
        turn: CurrentTurn,
        notebook_params: dict[str, Any] | None = None,
        job: Annotated[str, Field(json_schema_extra={"enum": names})] | None = None,
    ) -> Launched:
        """Start a job when the person asks for the work that it does. It goes on by itself.

        Args:
            user_request: What the person asked for, in the person's own words.
            turn: The turn.
            notebook_params: Parameters of the job, only where the person named their values.
            job: Which job; needed where there are several. {jobs}
        """
        start = await settle_start(
            jobs, job, user_request=user_request, given=notebook_params, turn=turn
        )
        if start.job.settings.confirm == "always" and not turn.is_accepted:
            reason = f'"{start.job.settings.title}" is started only after your yes.'
            raise AskFirst(reason, settled=start.settled())
        return await _start(start, jobs, turn=turn)

    # The model reads the docstring, so the jobs of the configuration belong into it.
    start_databricks_job.__doc__ = (start_databricks_job.__doc__ or "").replace(
        "{jobs}", jobs.listing()
    )
    return tool(start_databricks_job, parse_docstring=True)


async def _start(start: Start, jobs: ConfiguredJobs, *, turn: Turn) -> Launched:
    job, parameters = start.job, start.parameters
    job_id = await jobs.job_id(job, turn=turn)
    # A turn that is run again has another trace, and is the same wish all the same.
    wished = {name: parameters[name] for name in parameters if name != job.settings.trace_parameter}
    operation = await turn.operations.launch(
        kind=KIND,
        title=job.settings.title,
        job=job.name,
        parameters=wished,
        start=RunStart(job=job, job_id=job_id, parameters=parameters, turn=turn),
    )
    return answers.launched(operation, start.chosen)


@tool(parse_docstring=True)
async def poll_databricks_job(turn: CurrentTurn, run_id: RunId | None = None) -> Answer:
    """Say how a run is doing, and its result once it has ended.

    Use it when the person asks for the status, progress or result of a job.

    Args:
        turn: The turn.
        run_id: The run, only if the person named its number; else it is the conversation's run.
    """
    operation = await choose_run(run_id, turn=turn)
    report = await see_run(operation, turn=turn)
    errors = await run_errors(report, turn=turn) if report.failed_tasks else ""
    result = await run_result(report, turn=turn) if report.state.is_success else ""
    found = "\n\n".join(part for part in (errors, result) if part)
    stopping = stop_was_requested(operation)
    return answers.status(operation, report, result=found, stop_requested=stopping)


def _terminate_tool(settings: JobsSettings) -> BaseTool:
    @tool(parse_docstring=True)
    async def terminate_databricks_job(turn: CurrentTurn, run_id: RunId | None = None) -> Answer:
        """Stop a run that has not ended, when the person asks to cancel, stop or abort a job.

        Args:
            turn: The turn.
            run_id: The run, only if the person named its number; else it is the conversation's run.
        """
        operation = await choose_run(run_id, turn=turn)
        found = await settle_stop(operation, turn=turn)
        if isinstance(found, Answer):
            return found
        if settings.confirm_cancel == "always" and not turn.is_accepted:
            raise AskFirst("A run is stopped only after your yes.", settled=found.settled())
        noted = await turn.operations.request_cancel(
            operation.run_id, state=RunState.CANCEL_REQUESTED.value
        )
        with permission_needed(no_permission_for_run(operation.run_id)):
            await turn.call(turn.workspace.jobs.cancel_run, int(operation.run_id))
        return answers.stop_requested(noted)

    return terminate_databricks_job


def _repair_tool(jobs: ConfiguredJobs) -> BaseTool:
    @tool(parse_docstring=True)
    async def repair_databricks_job(
        turn: CurrentTurn, run_id: RunId | None = None
    ) -> Answer | Launched:
        """Run only the failed tasks of a failed run again, when the person asks to repair it.

        Args:
            turn: The turn.
            run_id: The run, only if the person named its number; else it is the conversation's run.
        """
        operation = await choose_run(run_id, turn=turn)
        return await repair_run(operation, jobs, turn=turn)

    return repair_databricks_job


@tool(parse_docstring=True)
async def list_databricks_runs(turn: CurrentTurn, everyone: bool = False) -> Answer:
    """List the person's own runs, those of other conversations too, the latest first.

    Args:
        turn: The turn.
        everyone: Only if an administrator asks for the runs of all people.
    """
    return await latest_runs(turn=turn, everyone=everyone)
