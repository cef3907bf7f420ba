"""What exactly a start, a stop or a repair would do, before anybody is asked and before it is done.

The tools do what is settled here; where a person is asked first, they are asked about the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lakevisor_jobs import answers
from lakevisor_jobs.configured_jobs import ConfiguredJob, ConfiguredJobs, declared_parameters
from lakevisor_jobs.job_parameters import Wish, job_parameters
from lakevisor_jobs.repair import Repair, settle_repair
from lakevisor_jobs.run_choice import choose_run
from lakevisor_jobs.run_look import see_run
from lakevisor_jobs.settings import JobsSettings
from lakevisor_plugin import Answer, Launched, Operation, Settled, ToolCall, Turn


@dataclass(frozen=True, kw_only=True)
class Start:
    """A job with the parameters of its run."""

    job: ConfiguredJob
    """The job."""
    parameters: Mapping[str, str]
    """All parameters that are sent."""
    user_request: str
    """The person's own words, as the model gives them."""

    @property
    def chosen(self) -> Mapping[str, str]:
        """The parameters of the run with the defaults that were used.

        The person knows their own words, and the ids that we add ourselves tell them nothing.
        """
        settings = self.job.settings
        untold = {*settings.own_parameters, settings.request_parameter}
        return {name: text for name, text in self.parameters.items() if name not in untold}

    def settled(self) -> Settled:
        """Return what a person is asked about; the ids that we add ourselves tell them nothing."""
        settings = self.job.settings
        ours = settings.own_parameters
        chosen = {name: text for name, text in self.parameters.items() if name not in ours}
        return Settled(
            arguments={
                "user_request": self.user_request,
                "notebook_params": chosen,
                "job": self.job.name,
            },
            action=f'start "{settings.title}"',
            values=chosen,
        )


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A run that has not ended."""

    operation: Operation
    """The run."""

    def settled(self) -> Settled:
        """Return what a person is asked about."""
        run_id, title = self.operation.run_id, self.operation.title
        return Settled(arguments={"run_id": run_id}, action=f'stop run {run_id} ("{title}")')


async def settle(settings: JobsSettings, call: ToolCall, turn: Turn) -> Settled | Answer | Launched:
    """Return what a call of a tool with an effect would do, or its answer where it would not."""
    jobs = ConfiguredJobs(settings=settings)
    given = call.arguments
    found: Start | Stop | Repair | Answer | Launched
    if call.tool == "start_databricks_job":
        found = await settle_start(
            jobs,
            given.get("job"),
            user_request=given["user_request"],
            given=given.get("notebook_params"),
            turn=turn,
        )
    else:
        run_id = given.get("run_id")
        operation = await choose_run(None if run_id is None else str(run_id), turn=turn)
        if call.tool == "terminate_databricks_job":
            found = await settle_stop(operation, turn=turn)
        else:
            found = await settle_repair(operation, jobs, turn=turn)
    return found if isinstance(found, Answer | Launched) else found.settled()


async def settle_start(
    jobs: ConfiguredJobs,
    name: str | None,
    *,
    user_request: str,
    given: Mapping[str, Any] | None,
    turn: Turn,
) -> Start:
    """Return the job that is meant with the parameters of its run.

    Raises:
        TryAgain: there is no such job, or a parameter does not fit.
        AskPerson: a required parameter is missing.
        GiveUp: the caller may start no job, or it is not there.
    """
    job = jobs.choose(name, turn=turn)
    declared = await _declared(job, jobs, given, turn=turn)
    wish = Wish(
        user_request=user_request,
        given=given or {},
        thread_id=turn.thread_id,
        turn_id=turn.turn_id,
        trace_id=turn.trace_id,
    )
    parameters = job_parameters(job.settings, wish, declared=declared)
    return Start(job=job, parameters=parameters, user_request=user_request)


async def settle_stop(operation: Operation, *, turn: Turn) -> Stop | Answer:
    """Return the run that would be stopped, or that it has ended."""
    report = await see_run(operation, turn=turn)
    if report.state.is_final:
        return answers.nothing_to_stop(operation, report)
    return Stop(operation=operation)


async def _declared(
    job: ConfiguredJob, jobs: ConfiguredJobs, given: Mapping[str, Any] | None, *, turn: Turn
) -> Sequence[str]:
    """Return the job's own parameters where they decide: the settings name none, some are given."""
    if not given or job.settings.parameters is not None:
        return ()
    return await declared_parameters(job, await jobs.job_id(job, turn=turn), turn=turn)
