"""Every error that Lakevisor raises on purpose.

LakevisorError
├── ConfigurationError                 exit 2   what the operator wrote
│   ├── InvalidConfiguration                    all problems of one configuration
│   ├── ConfigurationNotFound
│   ├── UnknownWorkspace
│   ├── UnknownKey
│   ├── DuplicateKey
│   ├── InvalidValue
│   ├── MissingValue
│   └── SecretNotFound
├── PluginError                        exit 3   a plugin that cannot be used
│   └── InvalidPlugins                          all problems of all plugins
├── WorkspaceError                     exit 4   what Databricks answered
│   ├── WorkspaceUnreachable
│   ├── NotAuthenticated
│   ├── PermissionDenied
│   ├── ResourceNotFound
│   ├── RateLimited
│   ├── DownloadFailed                          in the middle of a file
│   └── WorkspaceFault
├── LakebaseError                      exit 5   the database of the conversations
│   ├── LakebaseUnreachable
│   ├── LakebaseNotFound
│   ├── LakebaseRoleMissing
│   ├── LakebasePermissionDenied
│   └── LedgerNotMigrated                       its tables are not those that this code knows
├── RequestError                       exit 6   what the person sent
│   ├── EmptyRequest
│   ├── RequestTooLong
│   ├── InvalidRequest                          its body has another form
│   ├── UnknownAction
│   ├── InvalidThreadId
│   ├── CallerUnknown                           no proxy says who asks
│   ├── FromAnotherSite                         another site's page sent it with a person's browser
│   ├── BodyTooLong
│   ├── ThreadNotFound
│   ├── ResponseNotFound                        or not answered yet
│   ├── TooManyInBackground
│   ├── TurnConflict                            the id of another request
│   ├── TurnRunning
│   ├── ThreadBusy
│   ├── LimitReached
│   ├── NothingToDownload
│   ├── FileNotWritten                          on the person's own disk
│   └── ProposalGone
├── TurnError                          exit 7   a turn that did not come to its end
│   ├── ModelError
│   │   └── ModelStreamBroken                   in the middle of an answer
│   ├── DeadlineExceeded
│   ├── TooManyModelCalls
│   ├── TooManyAttempts                         in the background; each killed its process
│   ├── LaunchUnknown                           no answer came to a launch
│   ├── TurnSuperseded                          interrupted, then overtaken
│   ├── NotReady                                the server still connects
│   ├── ServerBusy                              it works on as many turns as it may
│   ├── ServerStopping                          it ends before the turn does
│   └── LeaseLost                               another process works on the thread
└── DeploymentError                    exit 8   a deployment that did not happen
    ├── DeployExtraMissing                      lakevisor[deploy] is not installed
    ├── NotDeployable                           all that stands in the way
    ├── WheelNotBuilt
    ├── EndpointNotReady                        with its build logs
    ├── SmokeTestFailed                         the version before serves again
    ├── NoEarlierVersion
    └── BundleFailed                            the Databricks CLI

Three audiences: ``message`` is one sentence for whoever is told (a person or a model), without
secrets; ``remedy`` is what an operator does next; anything that is not a ``LakevisorError`` is a
bug and flies with its traceback, for a developer.
"""

from lakevisor.errors.configuration import (
    ConfigurationError,
    ConfigurationNotFound,
    DuplicateKey,
    InvalidConfiguration,
    InvalidValue,
    MissingValue,
    SecretNotFound,
    UnknownKey,
    UnknownWorkspace,
)
from lakevisor.errors.deployment import (
    BundleFailed,
    DeployExtraMissing,
    DeploymentError,
    EndpointNotReady,
    NoEarlierVersion,
    NotDeployable,
    SmokeTestFailed,
    WheelNotBuilt,
)
from lakevisor.errors.lakebase import (
    LakebaseError,
    LakebaseNotFound,
    LakebasePermissionDenied,
    LakebaseRoleMissing,
    LakebaseUnreachable,
    LedgerNotMigrated,
)
from lakevisor.errors.plugins import InvalidPlugins, PluginError
from lakevisor.errors.request import (
    BodyTooLong,
    CallerUnknown,
    EmptyRequest,
    FileNotWritten,
    FromAnotherSite,
    InvalidRequest,
    InvalidThreadId,
    LimitReached,
    NothingToDownload,
    ProposalGone,
    RequestError,
    RequestTooLong,
    ResponseNotFound,
    ThreadBusy,
    ThreadNotFound,
    TooManyInBackground,
    TurnConflict,
    TurnRunning,
    UnknownAction,
)
from lakevisor.errors.root import LakevisorError, default_message
from lakevisor.errors.turn import (
    DeadlineExceeded,
    LaunchUnknown,
    LeaseLost,
    ModelError,
    ModelStreamBroken,
    NotReady,
    ServerBusy,
    ServerStopping,
    TooManyAttempts,
    TooManyModelCalls,
    TurnError,
    TurnSuperseded,
)
from lakevisor.errors.workspace import (
    DownloadFailed,
    NotAuthenticated,
    PermissionDenied,
    RateLimited,
    ResourceNotFound,
    WorkspaceError,
    WorkspaceFault,
    WorkspaceUnreachable,
)

__all__ = [
    "BodyTooLong",
    "BundleFailed",
    "CallerUnknown",
    "ConfigurationError",
    "ConfigurationNotFound",
    "DeadlineExceeded",
    "DeployExtraMissing",
    "DeploymentError",
    "DownloadFailed",
    "DuplicateKey",
    "EmptyRequest",
    "EndpointNotReady",
    "FileNotWritten",
    "FromAnotherSite",
    "InvalidConfiguration",
    "InvalidPlugins",
    "InvalidRequest",
    "InvalidThreadId",
    "InvalidValue",
    "LakebaseError",
    "LakebaseNotFound",
    "LakebasePermissionDenied",
    "LakebaseRoleMissing",
    "LakebaseUnreachable",
    "LakevisorError",
    "LaunchUnknown",
    "LeaseLost",
    "LedgerNotMigrated",
    "LimitReached",
    "MissingValue",
    "ModelError",
    "ModelStreamBroken",
    "NoEarlierVersion",
    "NotAuthenticated",
    "NotDeployable",
    "NotReady",
    "NothingToDownload",
    "PermissionDenied",
    "PluginError",
    "ProposalGone",
    "RateLimited",
    "RequestError",
    "RequestTooLong",
    "ResourceNotFound",
    "ResponseNotFound",
    "SecretNotFound",
    "ServerBusy",
    "ServerStopping",
    "SmokeTestFailed",
    "ThreadBusy",
    "ThreadNotFound",
    "TooManyAttempts",
    "TooManyInBackground",
    "TooManyModelCalls",
    "TurnConflict",
    "TurnError",
    "TurnRunning",
    "TurnSuperseded",
    "UnknownAction",
    "UnknownKey",
    "UnknownWorkspace",
    "WheelNotBuilt",
    "WorkspaceError",
    "WorkspaceFault",
    "WorkspaceUnreachable",
    "default_message",
]
