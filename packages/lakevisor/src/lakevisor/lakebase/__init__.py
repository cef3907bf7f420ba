"""Lakebase: where it is, and its errors in Lakevisor's words."""

from lakevisor.lakebase.address import address_of, saver_arguments
from lakevisor.lakebase.faults import translated_database_errors
from lakevisor.lakebase.sessions import bound_sessions

__all__ = ["address_of", "bound_sessions", "saver_arguments", "translated_database_errors"]
