"""The jobs of the configuration: which one is meant, and where it is in the workspace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lakevisor_jobs.permission import permission_needed
from lakevisor_jobs.settings import JobSettings, JobsSettings
from lakevisor_plugin import GiveUp, TryAgain, Turn

_NAME_CHARS = 80


@dataclass(frozen=True, kw_only=True)
class ConfiguredJob:
    """A job of the configuration."""

    name: str
    """The name in the configuration, by which the model calls it."""
    settings: JobSettings
    """What the configuration says of it."""

    def missing(self) -> GiveUp:
        """Return the fault that the workspace does not have it."""
        address = self.settings.job_id or self.settings.job_name
        return GiveUp(
            f"The job {self.settings.title!r} cannot be started: the workspace has no job "
            f"{address!r}. An operator must correct agents.jobs.jobs.{self.name} in the "
            "configuration."
        )

    def not_allowed(self) -> GiveUp:
        """Return the fault that Lakevisor may not run it."""
        return GiveUp(
            f"The job {self.settings.title!r} cannot be started: Lakevisor has no permission for "
            "it. An administrator of the workspace must grant CAN_MANAGE_RUN on the job "
            f"(agents.jobs.jobs.{self.name} in the configuration)."
        )


@dataclass(frozen=True, kw_only=True)
class ConfiguredJobs:
    """All jobs of the configuration."""

    settings: JobsSettings
    """The section `agents.jobs`."""
    _found: dict[str, int] = field(default_factory=dict, init=False, repr=False)
    """Ids of the jobs that are configured by name, looked up once a process."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that the model may use, in the configuration's order."""
        return tuple(self.settings.jobs)

    def listing(self) -> str:
        """Return the jobs on one line, for a model: name, title, description and parameters."""
        return _listing(self.settings.jobs)

    def choose(self, name: str | None, *, turn: Turn) -> ConfiguredJob:
        """Return the job of this name, or the one that is meant without a name.

        A job that the caller may not start does not exist: the words are those for a name that
        nobody has configured.

        Raises:
            TryAgain: there is no such job, or none is meant without a name.
            GiveUp: there is no job at all that the caller may start.
        """
        jobs = self._jobs_of(turn)
        if not jobs:
            raise GiveUp("There is no job that you may start.")
        wanted = name or (self.settings.default_job if self.settings.default_job in jobs else None)
        if wanted is None and len(jobs) == 1:
            wanted = next(iter(jobs))
        if wanted is None:
            raise TryAgain(f"Which job?\n\n{_choices(jobs)}")
        if wanted not in jobs:
            raise TryAgain(
                f"There is no job {wanted[:_NAME_CHARS]!r}. Which job?\n\n{_choices(jobs)}"
            )
        return ConfiguredJob(name=wanted, settings=jobs[wanted])

    def _jobs_of(self, turn: Turn) -> Mapping[str, JobSettings]:
        """Return the jobs that the caller may start."""
        return {
            name: job
            for name, job in self.settings.jobs.items()
            if not job.allowed or turn.is_one_of(job.allowed)
        }

    async def job_id(self, job: ConfiguredJob, *, turn: Turn) -> int:
        """Return the job's id in the workspace.

        Raises:
            GiveUp: no job of the workspace has the configured name, or several have it.
        """
        if job.settings.job_id is not None:
            return job.settings.job_id
        if job.name not in self._found:
            self._found[job.name] = await _look_up(job, turn=turn)
        return self._found[job.name]


async def declared_parameters(job: ConfiguredJob, job_id: int, *, turn: Turn) -> Sequence[str]:
    """Return the names of the parameters that the job declares in the workspace.

    Raises:
        GiveUp: the job does not exist or may not be seen.
    """
    from databricks.sdk.errors import NotFound

    try:
        with permission_needed(job.not_allowed()):
            found = await turn.call(turn.workspace.jobs.get, job_id)
    except NotFound as error:
        raise job.missing() from error
    return [each.name for each in (found.settings and found.settings.parameters) or ()]


async def _look_up(job: ConfiguredJob, *, turn: Turn) -> int:
    wanted = job.settings.job_name

    def ids() -> list[int]:
        found = turn.workspace.jobs.list(name=wanted)
        return [each.job_id for each in found if each.job_id is not None]

    matches = await turn.call(ids)
    if not matches:
        raise job.missing()
    if len(matches) > 1:
        raise GiveUp(
            f"The job {job.settings.title!r} cannot be started: {len(matches)} jobs of the "
            f"workspace are called {wanted!r}. An operator must configure "
            f"agents.jobs.jobs.{job.name}.job_id instead of job_name."
        )
    return matches[0]


def _listing(jobs: Mapping[str, JobSettings]) -> str:
    return "; ".join(_listed(name, job) for name, job in jobs.items())


def _choices(jobs: Mapping[str, JobSettings]) -> str:
    """Return the jobs as a Markdown list, for a person and for a model, which needs the names."""
    lines = []
    for name, job in jobs.items():
        lines.append(f"- {_on_one_line(job.title)} (`{name}`): {_on_one_line(job.description)}")
        for key, parameter in (job.parameters or {}).items():
            lines.append(f"    - `{key}`: {_on_one_line(parameter.summary()) or 'text'}")
    return "\n".join(lines)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(name: str, job: JobSettings) -> str:
    listed = f"{name}: {job.title} — {job.description}"
    if job.parameters:
        parameters = (f"{key} ({each.summary()})" for key, each in job.parameters.items())
        listed = f"{listed} Parameters: {', '.join(parameters)}"
    return " ".join(listed.replace(";", ",").split()).rstrip(".")
