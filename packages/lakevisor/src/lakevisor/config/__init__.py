"""Configuration: layers of YAML, environment and command line; one typed, frozen result."""

from lakevisor.config.configuration import Configuration, Leaf
from lakevisor.config.deployment import (
    AppDeploymentSettings,
    DeploymentSettings,
    ModelDeploymentSettings,
)
from lakevisor.config.loading import load_configuration, workspace_names
from lakevisor.config.models import (
    LakebaseSettings,
    ModelSettings,
    PoolSettings,
    ServingSettings,
    Settings,
    SupervisorSettings,
    TracingSettings,
    TurnSettings,
    WorkspaceSettings,
)
from lakevisor.config.nearest import nearest_name
from lakevisor.config.origins import DEFAULT, Origin
from lakevisor.config.packaged import packaged, read_packaged
from lakevisor.config.redacted_logs import redact_logs
from lakevisor.config.redaction import REDACTED, SECRETS, Redactor
from lakevisor.config.secret_names import is_secret_name
from lakevisor.config.secrets import SecretRef

__all__ = [
    "DEFAULT",
    "REDACTED",
    "SECRETS",
    "AppDeploymentSettings",
    "Configuration",
    "DeploymentSettings",
    "LakebaseSettings",
    "Leaf",
    "ModelDeploymentSettings",
    "ModelSettings",
    "Origin",
    "PoolSettings",
    "Redactor",
    "SecretRef",
    "ServingSettings",
    "Settings",
    "SupervisorSettings",
    "TracingSettings",
    "TurnSettings",
    "WorkspaceSettings",
    "is_secret_name",
    "load_configuration",
    "nearest_name",
    "packaged",
    "read_packaged",
    "redact_logs",
    "workspace_names",
]
