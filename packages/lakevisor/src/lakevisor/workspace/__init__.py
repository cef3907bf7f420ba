"""The connection to one Databricks workspace: its client, who we are there, its errors."""

from lakevisor.workspace.client import WorkspaceConnection, connect
from lakevisor.workspace.faults import translated

__all__ = ["WorkspaceConnection", "connect", "translated"]
