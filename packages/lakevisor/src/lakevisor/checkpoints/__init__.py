"""The threads' state in Lakebase."""

from lakevisor.checkpoints.lakebase import Checkpoints, open_checkpoints

__all__ = ["Checkpoints", "open_checkpoints"]
