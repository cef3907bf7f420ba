"""Serving endpoints with models of one's own: built, started and asked on this machine."""

from local_workspace.model_serving.area import ModelServing
from local_workspace.model_serving.invocations import Invocations

__all__ = ["Invocations", "ModelServing"]
