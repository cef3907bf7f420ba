"""The section `deployment`: where a workspace's supervisor is deployed to."""

from typing import Literal

from pydantic import Field

from lakevisor.config.section import Name, Section


class ModelDeploymentSettings(Section):
    """The supervisor as a model in Unity Catalog, served by an endpoint of Model Serving."""

    name: str | None = Field(
        None,
        pattern=r"^[^.\s/]+\.[^.\s/]+\.[^.\s/]+$",
        description="The model in Unity Catalog, as catalog.schema.model.",
    )
    endpoint: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The endpoint that serves it; without it, the name that databricks-agents "
        "makes of the model's.",
    )
    client_id: Name | None = Field(
        None,
        description="The service principal that the served model acts as, by its application id; "
        "without it workspace.client_id. Jobs and autoscaling Lakebase need one.",
    )
    experiment: Name | None = Field(
        None,
        description="The MLflow experiment that the model is logged to; without it "
        "tracing.experiment, else one in the folder of whoever deploys.",
    )
    workload_size: Literal["Small", "Medium", "Large"] = Field(
        "Small", description="How many requests at once the endpoint has room for."
    )
    scale_to_zero: bool = Field(
        False, description="Whether the endpoint is switched off when nobody asks."
    )
    ready_minutes: float = Field(
        45, gt=0, description="How long a new version may take until it is ready."
    )
    smoke_question: Name = Field(
        "Hello, who are you?",
        description="What a new version must be able to answer; else the one before serves again.",
    )


class AppDeploymentSettings(Section):
    """The supervisor as a Databricks app."""

    name: str | None = Field(
        None,
        pattern=r"^[a-z0-9](?:[a-z0-9-]{0,28}[a-z0-9])?$",
        description="The app: small letters, digits and hyphens, at most 30.",
    )
    database: Name | None = Field(
        None,
        description="Its database on an autoscaling Lakebase, by its path "
        "projects/.../branches/.../databases/...; without it, bundle deploy is told with --var.",
    )


class DeploymentSettings(Section):
    """Where the supervisor is deployed to, and with which secrets."""

    secret_scope: Name | None = Field(
        None,
        description="The secret scope that holds each `env:NAME` of the configuration under "
        "the key NAME.",
    )
    model: ModelDeploymentSettings = Field(
        default_factory=ModelDeploymentSettings, description="Model Serving."
    )
    app: AppDeploymentSettings = Field(
        default_factory=AppDeploymentSettings, description="Databricks Apps."
    )
