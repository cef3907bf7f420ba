"""The section `agents.jobs` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lakevisor_jobs.parameter_settings import Parameter

JobName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Words = Annotated[str, Field(min_length=1)]
Confirm = Literal["never", "always"]


class JobSettings(BaseModel):
    """One job that people may start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    job_id: int | None = Field(None, gt=0, description="The job, by its id in the workspace.")
    job_name: Words | None = Field(
        None, description="The job, by its name in the workspace; instead of job_id."
    )
    title: Words = Field(description="Its name for people.")
    description: Words = Field(
        description="What it does and when it is wanted; the model chooses by it."
    )
    parameters: Mapping[str, Parameter] | None = Field(
        None,
        description="The job parameters that may be set, each with what it means or with its "
        "type and limits. Without this key, all that the job declares, as text.",
    )
    request_parameter: Words | None = Field(
        None, description="The job parameter that takes the person's own words."
    )
    thread_parameter: Words | None = Field(
        None, description="The job parameter that takes the id of the conversation."
    )
    turn_parameter: Words | None = Field(
        None, description="The job parameter that takes the id of the request."
    )
    trace_parameter: Words | None = Field(
        None,
        description="The job parameter that takes the id of the turn's trace, where turns are "
        "traced.",
    )
    confirm: Confirm = Field(
        "never", description="Whether the person is asked before it is started or repaired."
    )
    allowed: Sequence[Words] = Field(
        (),
        description="Users and groups that may start it; for others it does not exist. "
        "Empty: everyone.",
    )

    @property
    def own_parameters(self) -> Sequence[str]:
        """The job parameters that take ids of ours; the model cannot set them."""
        named = (self.thread_parameter, self.turn_parameter, self.trace_parameter)
        return [each for each in named if each is not None]

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.job_id is None) == (self.job_name is None):
            raise ValueError("needs exactly one of job_id and job_name")
        return self

    @model_validator(mode="after")
    def _one_use_of_a_parameter(self) -> Self:
        ours = self.own_parameters
        others = {*(self.parameters or ()), *filter(None, [self.request_parameter])}
        twice = sorted({each for each in ours if each in others or ours.count(each) > 1})
        if twice:
            raise ValueError(f"uses the parameter {', '.join(twice)} for two things")
        return self


class JobsSettings(BaseModel):
    """The jobs that people may start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    jobs: Mapping[JobName, JobSettings] = Field(
        min_length=1, description="The jobs, each under the name by which the model calls it."
    )
    default_job: str | None = Field(
        None, description="The job that is meant when none is named; a single job always is."
    )
    confirm_cancel: Confirm = Field(
        "never", description="Whether the person is asked before a run is stopped."
    )

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default_job is not None and self.default_job not in self.jobs:
            raise ValueError(
                f"has default_job {self.default_job!r}, which is not among the jobs: "
                f"{', '.join(self.jobs)}"
            )
        return self
