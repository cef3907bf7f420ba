"""The configuration as typed values: each field with its meaning, its limits and its default."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from lakevisor.config.deployment import DeploymentSettings
from lakevisor.config.secrets import SecretRef
from lakevisor.config.section import Name, Seconds, Section


def _web_address(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("must be a web address such as https://my-workspace.cloud.databricks.com")
    if parts.username or parts.password:
        raise ValueError("must not contain a user name or password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("must be the address of the workspace alone, without a path")
    return value.rstrip("/")


Host = Annotated[str, AfterValidator(_web_address)]


class WorkspaceSettings(Section):
    """How to reach the Databricks workspace; without anything, the SDK's own chain decides."""

    host: Host | None = Field(None, description="The workspace's address, https://...")
    profile: Name | None = Field(
        None, description="A profile of the Databricks configuration file."
    )
    config_file: Path | None = Field(
        None,
        strict=False,
        description="The file with the profile, when it is not ~/.databrickscfg.",
    )
    token: SecretRef | None = Field(None, description="A personal access token.")
    client_id: Name | None = Field(None, description="A service principal's application id.")
    client_secret: SecretRef | None = Field(
        None, description="The service principal's OAuth secret."
    )
    start: tuple[Name, ...] = Field(
        (),
        strict=False,
        description="A command that makes the workspace answer, run before connecting.",
    )
    connect_timeout_seconds: Seconds = Field(
        15, description="How long a workspace that does not answer is waited for at the start."
    )
    http_timeout_seconds: Seconds = Field(
        60, description="How long a single request to the workspace may take."
    )

    @field_validator("config_file")
    @classmethod
    def _absolute(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        root: Path = (info.context or {}).get("root", Path())
        return value if value is None else root / value.expanduser()

    @model_validator(mode="after")
    def _one_identity(self) -> Self:
        if (self.client_id is None) != (self.client_secret is None):
            raise ValueError("needs client_id and client_secret together")
        ways = {
            "profile": self.profile,
            "token": self.token,
            "client_id and client_secret": self.client_id,
        }
        given = [name for name, value in ways.items() if value is not None]
        if len(given) > 1:
            raise ValueError(f"needs one way to log in, and has {len(given)}: {', '.join(given)}")
        return self


class ModelSettings(Section):
    """The language model that the supervisor and its sub-agents share."""

    endpoint: Name = Field(description="The name of the Model Serving endpoint.")
    max_tokens: int = Field(4096, gt=0, description="The most tokens of one answer of the model.")
    temperature: float | None = Field(
        None,
        ge=0,
        le=2,
        description="How freely the model chooses; without it, as the endpoint does.",
    )
    timeout_seconds: Seconds = Field(60, description="How long one call of the model may take.")
    max_calls_per_turn: int = Field(
        12, gt=0, description="After so many calls of the model a turn is stopped."
    )
    extra_params: dict[str, Any] = Field(
        default_factory=dict, description="Further parameters, sent to the endpoint as they are."
    )


class SupervisorSettings(Section):
    """How the supervisor speaks and how much it is given to read."""

    system_prompt: Name = Field(description="What the supervisor is told before the conversation.")
    shortcuts: bool = Field(
        True,
        description="Whether sub-agents' marked tools may be called in the routing call itself.",
    )
    shortcut_token_budget: int = Field(
        2000, ge=0, description="The most tokens that all shortcuts may add to the routing call."
    )
    window_tokens: int = Field(
        8000, gt=0, description="The most tokens of the conversation that the model is shown."
    )
    max_steps: int = Field(
        6, gt=0, description="The most sub-agents that one request is passed to, one after another."
    )
    confirm_after_outside: bool = Field(
        True,
        description="Whether what starts or stops something waits for the person's yes once the "
        "conversation has words of others in it (cells, errors, outputs), which could have made "
        "the model want it.",
    )
    max_input_chars: int = Field(100_000, gt=0, description="The most characters of one question.")


class PoolSettings(Section):
    """The connections to Lakebase that a process keeps."""

    min_size: int = Field(1, ge=0, description="Connections kept open when nothing is asked.")
    max_size: int = Field(10, gt=0, description="The most connections open at once.")
    timeout_seconds: Seconds = Field(5, description="How long a turn waits for a connection.")
    max_lifetime_seconds: Seconds = Field(
        2700, le=3600, description="A connection older than this is replaced (a token lives 3600)."
    )
    statement_timeout_seconds: Seconds = Field(
        30, description="How long Postgres works on one statement before it gives up."
    )

    @model_validator(mode="after")
    def _room_for_the_smallest(self) -> Self:
        if self.min_size > self.max_size:
            raise ValueError(f"has min_size {self.min_size} above max_size {self.max_size}")
        return self


class LakebaseSettings(Section):
    """Where conversations are kept: one instance, or one branch of a project, or one endpoint."""

    instance_name: Name | None = Field(None, description="A provisioned instance, by its name.")
    project: Name | None = Field(None, description="An autoscaling project; needs branch.")
    branch: Name | None = Field(None, description="A branch of the autoscaling project.")
    endpoint: Name | None = Field(
        None,
        description="An autoscaling endpoint, by its path projects/.../branches/.../endpoints/...",
    )
    schema_name: str = Field(
        "lakevisor",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="The Postgres schema of the tables; it is created where it does not exist.",
    )
    migrate_at_start: bool = Field(
        False,
        description="Whether a process that starts brings the tables up to date itself; "
        "without it, it only checks them (lakevisor db migrate).",
    )
    pool: PoolSettings = Field(
        default_factory=PoolSettings, description="The connections that a process keeps."
    )

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if (self.project is None) != (self.branch is None):
            raise ValueError("needs project and branch together")
        ways = {
            "instance_name": self.instance_name,
            "project and branch": self.project,
            "endpoint": self.endpoint,
        }
        given = [name for name, value in ways.items() if value is not None]
        if len(given) != 1:
            has = ", ".join(given) or "none"
            raise ValueError(f"needs exactly one of {'; '.join(ways)}, and has {has}")
        return self


class TurnSettings(Section):
    """What holds for one request and its answer."""

    deadline_seconds: Seconds = Field(
        110, description="After so long a turn is stopped; Databricks Apps cut at about 120."
    )
    lease_seconds: Seconds = Field(
        15,
        description="After so long without a sign of life another process may take a thread over.",
    )
    at_once: int = Field(
        50, gt=0, description="How many requests a process works on at once; the others wait."
    )
    wait_seconds: float = Field(
        10,
        ge=0,
        description="How long a request waits for that, and while another works on its thread.",
    )
    proposal_seconds: Seconds = Field(
        600, description="How long what was proposed can be accepted."
    )
    answers_kept_days: float = Field(
        365,
        gt=0,
        description="How long answers are kept; a request sent again after that begins anew.",
    )


class LimitSettings(Section):
    """How much of a kind may be started, exact over all processes; without a value, no limit."""

    launches_per_hour: int | None = Field(
        None, gt=0, description="The most launches of one kind by one person within an hour."
    )
    running_per_person: int | None = Field(
        None, gt=0, description="The most of one kind that one person may have running at once."
    )
    running_per_job: int | None = Field(
        None, gt=0, description="The most runs of one job at once, of all persons together."
    )


class OperationSettings(Section):
    """Who may see and stop what others have started."""

    administrators: tuple[Name, ...] = Field(
        (),
        strict=False,
        description="Users and groups that may see, stop and repair what anybody has started.",
    )
    sweep_minutes: float = Field(
        5,
        ge=0,
        description="How often a process looks for launches whose answer was lost; 0: never.",
    )


class BackgroundSettings(Section):
    """How `lakevisor serve` answers what is asked with `background: true`."""

    at_once: int = Field(20, gt=0, description="How many a process works on at once.")
    open_per_person: int = Field(
        20, gt=0, description="How many of one person may wait or be worked on, in all processes."
    )
    kept_hours: float = Field(
        24,
        gt=0,
        description="How long the events of a response are kept; its answer is kept on.",
    )


class ServingSettings(Section):
    """How the server and the served model answer."""

    identity: Literal["self", "proxy", "model_serving"] = Field(
        "self",
        description="Who asks: `self`, everybody is the identity of the server (for one person on "
        "their own machine); `proxy`, a trusted proxy in front says it in X-Forwarded-* headers; "
        "`model_serving`, Model Serving has the token of who asks (a served model only).",
    )
    max_body_bytes: int = Field(
        4_000_000, gt=0, description="The most bytes of one request's body."
    )
    keep_alive_seconds: Seconds = Field(
        15, description="After so long without an event a stream sends a comment, for proxies."
    )
    page: bool = Field(
        True, description="Whether `/` is a chat page; with `chat_proxy` it is that app's page."
    )
    starters: tuple[Name, ...] = Field(
        (),
        strict=False,
        description="What the page offers to ask, where a conversation begins.",
    )
    background: BackgroundSettings = Field(
        default_factory=BackgroundSettings, description="Requests that are not waited for."
    )
    chat_proxy: bool = Field(
        False,
        description="Whether pages are passed on to a chat app on this machine (CHAT_APP_PORT), as "
        "MLflow's AgentServer does it.",
    )


class TracingSettings(Section):
    """Whether and where MLflow records what happened in a turn."""

    enabled: bool = Field(False, description="Whether turns are traced.")
    experiment: Name | None = Field(
        None, description="The MLflow experiment, by its name or its id."
    )
    contents: Literal["all", "none"] = Field(
        "all",
        description="Whether traces hold what was said, asked and found; secrets never.",
    )
    sample_rate: float = Field(
        1, ge=0, le=1, description="The share of requests whose turns are traced."
    )
    caller_key: SecretRef | None = Field(
        None,
        description="With it, traces name a caller by a keyed hash (HMAC-SHA256) of the user name.",
    )

    @model_validator(mode="after")
    def _somewhere_to_trace_to(self) -> Self:
        if self.enabled and self.experiment is None:
            raise ValueError("needs experiment when enabled is true")
        return self


class Settings(Section):
    """The whole configuration."""

    workspace: WorkspaceSettings = Field(
        default_factory=WorkspaceSettings, description="How to reach Databricks."
    )
    model: ModelSettings = Field(description="The language model.")
    supervisor: SupervisorSettings = Field(description="The supervisor.")
    lakebase: LakebaseSettings = Field(description="Where conversations are kept.")
    turn: TurnSettings = Field(
        default_factory=TurnSettings, description="What holds for one request."
    )
    limits: LimitSettings = Field(
        default_factory=LimitSettings, description="How much may be started."
    )
    operations: OperationSettings = Field(
        default_factory=OperationSettings, description="What goes on after the turn."
    )
    tracing: TracingSettings = Field(
        default_factory=TracingSettings, description="Tracing with MLflow."
    )
    serving: ServingSettings = Field(
        default_factory=ServingSettings, description="How the server answers."
    )
    deployment: DeploymentSettings = Field(
        default_factory=DeploymentSettings, description="Where it is deployed to."
    )
    agents: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="The sub-agents that run, each with the settings of its plugin.",
    )
