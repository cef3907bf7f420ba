"""Databricks Apps: deployed from the workspace's files, run on this machine behind a proxy."""

from local_workspace.apps.area import Apps
from local_workspace.apps.resources import AppResources
from local_workspace.apps.runner import Runner

__all__ = ["AppResources", "Apps", "Runner"]
