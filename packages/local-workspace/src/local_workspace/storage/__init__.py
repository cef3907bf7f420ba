"""Files: the Files API, links that are signed, and the workspace's own files."""

from local_workspace.storage.mounts import Mount
from local_workspace.storage.signed_links import SignedLinks
from local_workspace.storage.storage import Storage
from local_workspace.storage.workspace_files import WorkspaceFiles

__all__ = ["Mount", "SignedLinks", "Storage", "WorkspaceFiles"]
