"""The threads' state in Lakebase."""

from lakevisor.checkpoints.lakebase import Checkpoints, open_checkpoints, open_connections

__all__ = ["Checkpoints", "open_checkpoints", "open_connections"]
