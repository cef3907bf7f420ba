"""The section `agents.jobs` of the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

JobName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Words = Annotated[str, Field(min_length=1)]


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
    request_parameter: Words | None = Field(
        None, description="The job parameter that takes the person's own words."
    )
    parameters: Mapping[str, str] = Field(
        default_factory=dict,
        description="The job parameters that may be set, each with what it means. Without any, "
        "all that the job takes.",
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.job_id is None) == (self.job_name is None):
            raise ValueError("needs exactly one of job_id and job_name")
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

    @model_validator(mode="after")
    def _default_exists(self) -> Self:
        if self.default_job is not None and self.default_job not in self.jobs:
            raise ValueError(
                f"has default_job {self.default_job!r}, which is not among the jobs: "
                f"{', '.join(self.jobs)}"
            )
        return self
