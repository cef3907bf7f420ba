"""What Databricks answered."""

from __future__ import annotations

from lakevisor.errors.root import LakevisorError, default_message, with_facts


class WorkspaceError(LakevisorError):
    """The Databricks workspace did not do what was asked."""

    exit_code = 4

    def __init__(
        self,
        message: str | None = None,
        *,
        host: str | None = None,
        resource: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.host = host
        self.resource = resource
        facts = [("workspace", host), ("resource", resource)]
        super().__init__(message or with_facts(default_message(type(self)), facts), remedy=remedy)


class WorkspaceUnreachable(WorkspaceError):
    """The Databricks workspace does not answer."""

    remedy = (
        "Check workspace.host and the network; a local workspace starts with: local-workspace up"
    )


class NotAuthenticated(WorkspaceError):
    """The Databricks workspace does not accept the credentials."""

    remedy = "Check workspace.profile, workspace.token or workspace.client_id and client_secret."


class PermissionDenied(WorkspaceError):
    """The Databricks workspace does not allow this."""

    remedy = "Ask an administrator of the workspace to grant the permission."


class DownloadFailed(WorkspaceError):
    """The download did not come to its end."""

    remedy = "Try it again; the answer itself is not asked for anew."


class ResourceNotFound(WorkspaceError):
    """The Databricks workspace does not have what was asked for."""

    remedy = "Check the id or name in the configuration: lakevisor config show"


class RateLimited(WorkspaceError):
    """The Databricks workspace asks to wait before the next request."""

    remedy = "Wait, then try again."

    def __init__(
        self,
        message: str | None = None,
        *,
        host: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(message, host=host)


class WorkspaceFault(WorkspaceError):
    """The Databricks workspace failed while it worked on the request."""

    remedy = "Try again; if it stays, look at the status page of the workspace."
