"""Who asks: whom threads, operations, limits and proposals belong to."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from lakevisor.config import SECRETS
from lakevisor.ledger import OwnerKey
from lakevisor.workspace import WorkspaceConnection


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The person or program on whose word a turn runs.

    It is known from who runs the process or from what a trusted proxy says, never from anything
    that a request says of itself.
    """

    user_name: str
    """The user name in the workspace, or a service principal's application id."""
    groups: frozenset[str] = frozenset()
    """The workspace's groups that the caller is known to be in: a group that could not be asked
    for opens nothing."""
    user_token: SecretStr | None = None
    """The person's own token, where the server was given one; never stored and never shown."""

    def __post_init__(self) -> None:
        if self.user_token is not None:
            SECRETS.learn_passing(self.user_token.get_secret_value())

    @classmethod
    def of_process(cls, workspace: WorkspaceConnection) -> Caller:
        """Return the identity with which this process is connected."""
        return cls(user_name=workspace.user_name, groups=workspace.groups)

    @property
    def names(self) -> frozenset[str]:
        """Return the user name and the groups: what a list of allowed names may hold."""
        return self.groups | {self.user_name}

    def owner_in(self, workspace: WorkspaceConnection) -> OwnerKey:
        """Return whom what the caller does in a workspace belongs to."""
        return OwnerKey(workspace_id=str(workspace.workspace_id), owner=self.user_name)
