"""Genie: spaces, conversations, and answers from the spaces' curated examples."""

from local_workspace.genie.area import Genie

__all__ = ["Genie"]
