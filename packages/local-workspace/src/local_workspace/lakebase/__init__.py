"""Lakebase: a real PostgreSQL behind a gateway that asks for a token."""

from local_workspace.lakebase.access import Access, permission_lists
from local_workspace.lakebase.lakebase import Lakebase

__all__ = ["Access", "Lakebase", "permission_lists"]
