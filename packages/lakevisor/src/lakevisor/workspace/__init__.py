"""The connection to one Databricks workspace: its client, who we are there, its errors."""

from lakevisor.workspace.client import WorkspaceConnection, connect
from lakevisor.workspace.faults import translated
from lakevisor.workspace.start_command import start_workspace

__all__ = ["WorkspaceConnection", "connect", "start_workspace", "translated"]
